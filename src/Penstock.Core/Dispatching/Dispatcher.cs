using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.GridEvents;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Core.V2x;
using Penstock.Solvers.Allocation;

namespace Penstock.Core.Dispatching;

/// <summary>Setpoints of one site now: a grid instruction when one is active, else the plan, else charging; always within floors, departures and the limit tree.</summary>
public static class Dispatcher
{
    /// <summary>Rounds of redistribution after a node cut some participants.</summary>
    private const int RoundsMax = 8;

    public static DispatchResult Dispatch(SiteState state, Instant now)
    {
        var instruction = state.Instructions.Where(i => i.IsActiveAt(now)).OrderBy(i => i.NotifiedAt).LastOrDefault();
        var all = Participants(state, instruction is not null, now);
        var (ranges, lower, upper) = all;
        if (ranges.Count == 0) return new DispatchResult([], Power.Zero, Power.Zero, null, Power.Zero);
        var tree = Tree(state, ranges, now);
        var wish = ranges.Select((r, i) => Math.Clamp(Wish(state, r, now), lower[i], upper[i])).ToArray();
        var cut = new LimitNode?[ranges.Count];
        var saturation = 0.0;
        var power = wish;
        var orders = new DispatchOrder?[ranges.Count];
        if (instruction is null)
        {
            cut = tree.HoldSafely(lower, power);
        }
        else
        {
            orders = Orders(state, all, instruction, now);
            (power, cut, saturation) = Meet(tree, lower, upper, orders, instruction.Target.Kilowatts);
        }

        var setpoints = ranges.Select((r, i) => Explained(state, r, power[i], cut[i], instruction, now) with { Order = orders[i], Offered = Power.FromKilowatts(orders[i] is null ? 0 : Math.Max(0, -lower[i])) }).ToImmutableArray();
        return new DispatchResult(setpoints, Power.FromKilowatts(lower.Sum()), Power.FromKilowatts(upper.Sum()), instruction?.Id, Power.FromKilowatts(saturation));
    }

    /// <summary>The EVSEs with a session, by station and number. Under an order one that is offline, does not follow or runs by itself is counted at its measured power: the others make up for it.</summary>
    internal static Participants Participants(SiteState state, bool instructed, Instant now)
    {
        var all = state.Evses.Values.Where(e => e.Session is not null).OrderBy(e => e.Layout.Id.Station.Value, StringComparer.Ordinal).ThenBy(e => e.Layout.Id.Number).ToList();
        var share = Math.Max(0, state.Layout.Nodes[0].ImportMax.Kilowatts - state.Layout.BuildingLoad.Kilowatts) / Math.Max(1, all.Count);
        var ranges = all.ConvertAll(e => EvseRange.Of(state, e, share, now));
        var (lower, upper) = (ranges.Select(r => r.Lower).ToArray(), ranges.Select(r => r.Upper).ToArray());
        for (var i = 0; instructed && i < all.Count; i++)
        {
            if (all[i] is { Online: true, Following: true } && !(all[i].Session?.Mode is { } mode && OperationModes.IsAutonomous(mode))) continue;
            lower[i] = upper[i] = Math.Clamp(all[i].Measurement?.ActivePower?.Kilowatts ?? 0, lower[i], upper[i]);
        }

        return new Participants(ranges, lower, upper);
    }

    /// <summary>The limit tree of the site, and of each station the limits that others set on its sum.</summary>
    internal static NodeTree Tree(SiteState state, List<EvseRange> ranges, Instant now) => new(state.Layout, [.. ranges.Select(r => r.Evse.Layout.NodeId)],
        from station in state.Stations
        from limit in station.Value.ExternalLimits
        let step = limit.At(now)
        where step is not null
        let members = Enumerable.Range(0, ranges.Count).Where(i => ranges[i].Evse.Layout.Id.Station == station.Key).ToArray()
        where members.Length > 0
        let layouts = members.Select(i => ranges[i].Evse.Layout)
        let import = step.Charge is { } charge ? Power.Max(charge, Power.Zero) : layouts.Aggregate(Power.Zero, (sum, e) => sum + e.ChargeMax)
        let export = step.Discharge is { } discharge ? Power.Max(-discharge, Power.Zero) : layouts.Aggregate(Power.Zero, (sum, e) => sum + e.DischargeMax)
        select new GroupLimit(new LimitNode($"{station.Key}:{limit.Source}", null, limit.Source, LimitSource.External, import, export), members));

    private static DispatchOrder?[] Orders(SiteState state, Participants all, GridInstruction instruction, Instant now)
    {
        var (charging, share) = all.Asked(instruction.Target.Kilowatts);
        return [.. all.Ranges.Select(r => (DispatchOrder?)DispatchOrder.Of(state, r, charging, instruction.PortfolioShare ?? share, instruction.Window.End - now, now))];
    }

    private static (double[] Power, LimitNode?[] Cut, double Saturation) Meet(NodeTree tree, double[] lower, double[] upper, DispatchOrder?[] orders, double target)
    {
        var (low, high, power) = (lower.ToArray(), upper.ToArray(), new double[lower.Length]);
        var cut = new LimitNode?[lower.Length];
        var key = orders.Select(o => (o!.Value.Key.Value + 0.5) / ExactSum.Bins).ToArray();
        for (var round = 0; round < RoundsMax; round++)
        {
            var rest = Dispatching.Participants.RestOf(low, high);
            if (target < rest.Sum()) ExactSum.Share(low, rest, key, target, power);
            else ExactSum.Share(rest, high, key, target, power);
            var asked = power.ToArray();
            var now = tree.HoldSafely(lower, power);
            for (var i = 0; i < power.Length; i++)
            {
                if (now[i] is null) continue;
                cut[i] = now[i];
                if (power[i] < asked[i]) (low[i], high[i]) = (Math.Min(low[i], power[i]), power[i]); // a node outranks what a vehicle needs
                else (low[i], high[i]) = (power[i], Math.Max(high[i], power[i]));
            }

            if (now.All(n => n is null)) break;
        }

        tree.HoldSafely(lower, power);
        var left = target - power.Sum();
        return (power, cut, Math.Abs(left) < 1e-6 ? 0 : left);
    }

    /// <summary>The power that brings the session onto its planned trajectory by the end of the slot; charging when nothing is planned.</summary>
    private static double Wish(SiteState state, EvseRange range, Instant now)
    {
        var session = range.Evse.Session!;
        if (session is not { Vehicle: { } vehicle, StateOfCharge: { } soc }) return range.Upper;
        if (state.Plan is not { } plan || !plan.Sessions.TryGetValue(session.Id, out var mine) || plan.Grid.SlotAt(now) is not { } slot) return range.Upper;
        var left = Duration.Max(plan.Grid.StartOf(slot + 1) - now, EvseRange.Ahead).TotalHours;
        var change = (mine.StoredEnergy[slot + 1] - soc.Stored(vehicle.Capacity)).KilowattHours;
        if (Math.Abs(change) < 0.002 * vehicle.Capacity.KilowattHours) return 0;
        return change > 0 ? change / vehicle.ChargeEfficiency / left : change * vehicle.DischargeEfficiency / left;
    }

    private static Setpoint Explained(SiteState state, EvseRange range, double power, LimitNode? cut, GridInstruction? instruction, Instant now)
    {
        var bars = range.Bars;
        if (cut is not null && !bars.Any(b => b.Source == cut.Source && b.Name == cut.Name)) bars = bars.Add(new LimitBar(cut.Source, cut.Name, -cut.ExportMax, cut.ImportMax, Binding: false));
        if (instruction is not null) bars = bars.Add(new LimitBar(LimitSource.GridEvent, instruction.Name, Power.FromKilowatts(power), Power.FromKilowatts(power), Binding: false));
        else if (state.Plan?.Sessions.ContainsKey(range.Evse.Session!.Id) == true) bars = bars.Add(new LimitBar(LimitSource.Plan, state.Plan.Id.Value, Power.FromKilowatts(power), Power.FromKilowatts(power), Binding: false));
        var binding = Binding(range, power, cut, bars, instruction, now);
        var order = bars.Where(b => b.Source != binding).OrderBy(b => Distance(b, power)).Select(b => (LimitSource?)b.Source).FirstOrDefault();
        return new Setpoint(range.Evse.Layout.Id, Power.FromKilowatts(power), binding, order, [.. bars.Select(b => b with { Binding = b.Source == binding })], range.Refusals);
    }

    private static LimitSource Binding(EvseRange range, double power, LimitNode? cut, ImmutableArray<LimitBar> bars, GridInstruction? instruction, Instant now)
    {
        if (cut is not null) return cut.Source;
        var atEdge = Math.Abs(power - range.Lower) < 1e-6 || Math.Abs(power - range.Upper) < 1e-6;
        if (atEdge && bars.Where(b => b.Source is not (LimitSource.GridEvent or LimitSource.Plan)).OrderBy(b => Distance(b, power)).FirstOrDefault() is { } nearest && Distance(nearest, power) < 1e-6 && power != 0)
        {
            return nearest.Source;
        }

        if (atEdge && power == 0 && instruction is not null) return range.Refusals.Length > 0 ? LimitSource.Capability : bars.FirstOrDefault(b => b.Source is LimitSource.Der or LimitSource.External && b.Lower >= Power.Zero)?.Source ?? LimitSource.Owner;
        return instruction is not null ? LimitSource.GridEvent : bars.Any(b => b.Source == LimitSource.Plan) ? LimitSource.Plan : LimitSource.Pile;
    }

    private static double Distance(LimitBar bar, double power) => Math.Min(Math.Abs(bar.Lower.Kilowatts - power), Math.Abs(bar.Upper.Kilowatts - power));
}

/// <summary>EVSEs with a session and their bounds, kW.</summary>
internal sealed record Participants(List<EvseRange> Ranges, double[] Lower, double[] Upper)
{
    /// <summary>The power nearest to 0 of each: nobody charges above it while another discharges.</summary>
    internal double[] Rest => RestOf(Lower, Upper);

    internal static double[] RestOf(double[] lower, double[] upper) => [.. lower.Select((l, i) => Math.Clamp(0, l, upper[i]))];

    /// <summary>Whether a target asks for room above rest, and which part of the room below it is asked for, 0 to 1.</summary>
    internal (bool Charging, double Share) Asked(double targetKw)
    {
        var (rest, lower) = (Rest.Sum(), Lower.Sum());
        return (targetKw >= rest, rest > lower ? Math.Clamp((rest - targetKw) / (rest - lower), 0, 1) : 0);
    }
}
