using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.Fleet;
using Penstock.Core.Metering;
using Penstock.Core.Settlement;
using Penstock.Core.Sites;
using Penstock.Core.Tariffs;
using Penstock.Core.Time;
using Penstock.Core.Units;
using Penstock.Simulator.Cities;
using Penstock.Simulator.Physics;
using Penstock.Simulator.Virtual;

namespace Penstock.Simulator.Recorded;

/// <summary>What one policy made of the recorded sessions. Energies at the meter; amounts in the site's currency.</summary>
/// <param name="EnergyCost">Paid for import minus received for export.</param>
/// <param name="OwnersNet">What owners receive (positive) or pay (negative): sum of all statements.</param>
/// <param name="WearEstimate">Battery wear of the energy given, an estimate that nobody is charged.</param>
/// <param name="MinutesOverLimit">Minutes in which a limit of the site was exceeded.</param>
/// <param name="ShortfallKwh">Stored energy missing to targets at the real departure, all stays.</param>
/// <param name="LeftEarly">Stays that ended before the declared departure and short of the target; not a breach: the guarantee is for the declared time.</param>
/// <param name="GuaranteeBreaches">Stays taken below the floor, or short at the declared departure of what full power from plug-in would have reached.</param>
public sealed record PolicyResult(
    VirtualPolicy Policy, int Stays, double ImportedKwh, double ExportedKwh, decimal EnergyCost, decimal OwnersNet, decimal WearEstimate, double PeakImportKw, double PeakExportKw,
    int MinutesOverLimit, double ShortfallKwh, int LeftEarly, int GuaranteeBreaches, int Statements, long EvSteps);

/// <summary>Recorded sessions on a site with its prices: the same vehicles and stays under several policies, with planner, dispatcher and settlement of the platform.</summary>
public sealed class RecordedStudy
{
    /// <summary>Half a percent: the battery's own rounding.</summary>
    private const double Tolerance = 0.005;

    /// <summary>A battery whose capacity is assumed is made larger where the energy of the session would not fit: it arrives with at least this.</summary>
    private const double FractionAtArrivalMin = 0.05;

    private readonly RecordedSite site;
    private readonly MarketTariff tariff;
    private readonly SiteLayout layout;
    private readonly List<Visit> visits;

    /// <exception cref="RecordedFileUnusableException">No session, or prices that do not cover them.</exception>
    public RecordedStudy(RecordedSite site, RecordedSessions sessions, MarketTariff tariff)
    {
        (this.site, this.tariff) = (site, tariff);
        if (sessions.Sessions.Count == 0) throw new RecordedFileUnusableException($"No usable session: {sessions.Rows} rows, {sessions.NotSelected} not selected, {sessions.Quarantined.Count} quarantined.");
        var leaves = site.Nodes.Where(n => site.Nodes.All(c => c.ParentId != n.NodeId)).Select(n => n.NodeId).ToList();
        var places = sessions.Sessions.Select(s => s.Evse).Distinct().Order(StringComparer.Ordinal).ToList();
        var discharge = site.EvseDischargeKw > 0 ? DischargeMethod.CentralSetpoint : DischargeMethod.None;
        var evses = places.Select((p, n) => new EvseLayout(new EvseId(new StationId(p), 1), leaves[n % leaves.Count], Power.FromKilowatts(site.EvseChargeKw), Power.FromKilowatts(site.EvseDischargeKw), discharge));
        layout = new SiteLayout(new SiteId("site"), site.Name, site.Zone.Id, null, null, Power.Zero, GridPermitsExport: site.Nodes[0].ExportMax > Power.Zero, site.Nodes, [.. evses]);
        visits = [.. sessions.Sessions.Select(Visit)];
        (From, To) = (TimeGrid.Holding(visits.Min(v => v.Arrive), Duration.FromHours(1), 1).Start, visits.Max(v => v.Leave) + Duration.FromMinutes(1));
        Covered();
    }

    public Instant From { get; }

    public Instant To { get; }

    public int Evses => layout.Evses.Length;

    /// <summary>Batteries that were assumed larger than the site file says.</summary>
    public int CapacitiesRaised { get; private set; }

    public PolicyResult Play(VirtualPolicy policy)
    {
        var outcome = VirtualRun.Play([layout], visits, tariff, policy, From, To);
        var statements = outcome.Stays.Select(Settled).ToList();
        var ends = outcome.Stays.Select(s => (Stay: s, Missing: Math.Max(0, s.Visit.Vehicle.Terms.Target.Fraction - (s.AtEnd ?? 0)))).ToList();
        return new PolicyResult(
            policy, outcome.Stays.Count, outcome.Stays.Sum(s => s.Readings[^1].ImportWh) / 1000, outcome.Stays.Sum(s => s.Readings[^1].ExportWh) / 1000,
            -statements.Sum(s => Sum(s, StatementLineKind.TariffCost, StatementLineKind.ExportCredit)), statements.Sum(s => s.Total.Amount), -statements.Sum(s => Sum(s, StatementLineKind.WearInformation)),
            outcome.SiteMinutes.Max(m => m.PowerKw), Math.Max(0, -outcome.SiteMinutes.Min(m => m.PowerKw)), outcome.SiteMinutes.Count(m => OverLimit(m.PowerKw)),
            ends.Sum(e => e.Missing * e.Stay.Visit.Vehicle.Vehicle.Capacity.KilowattHours),
            ends.Count(e => e.Missing > Tolerance && IsEarly(e.Stay.Visit)), outcome.Stays.Count(IsBreach), statements.Count, outcome.Steps);
    }

    private static decimal Sum(Statement statement, params StatementLineKind[] kinds) => statement.Lines.Where(l => kinds.Contains(l.Kind)).Sum(l => l.Amount.Amount);

    private static bool IsEarly(Visit visit) => visit.Leave < visit.Declared - Duration.FromMinutes(1);

    private bool OverLimit(double powerKw) => powerKw > site.Nodes[0].ImportMax.Kilowatts + 1e-6 || -powerKw > site.Nodes[0].ExportMax.Kilowatts + 1e-6;

    private bool IsBreach(VirtualStay stay)
    {
        var (visit, terms) = (stay.Visit, stay.Visit.Vehicle.Terms);
        if (stay.Lowest < Math.Min(visit.FractionAtArrival, terms.Floor.Fraction) - Tolerance) return true;
        if (stay.AtEnd is not { } end || IsEarly(visit) || end >= terms.Target.Fraction - Tolerance) return false;
        var battery = new SimulatedBattery(visit.Vehicle.Vehicle, visit.FractionAtArrival);
        for (var at = visit.Arrive + Duration.FromMinutes(1); at < visit.Leave; at += Duration.FromMinutes(1)) battery.Step(site.EvseChargeKw, 1.0 / 60);
        return end < Math.Min(terms.Target.Fraction, battery.Fraction) - Tolerance;
    }

    private Visit Visit(RecordedSession session)
    {
        var (fleet, capacity) = (site.Fleet, session.CapacityKwh ?? site.Fleet.CapacityKwh);
        var stored = session.EnergyKwh * fleet.ChargeEfficiency;
        var target = fleet.TargetPercent / 100;
        double arrival;
        if (session.FractionAtArrival is { } known)
        {
            (arrival, target) = (known, Math.Min(1, known + (stored / capacity)));
        }
        else
        {
            if (stored > (target - FractionAtArrivalMin) * capacity)
            {
                capacity = stored / (target - FractionAtArrivalMin);
                CapacitiesRaised++;
            }

            arrival = target - (stored / capacity);
        }

        var charge = Math.Min(session.ChargeKw ?? fleet.ChargeKw, site.EvseChargeKw);
        var vehicle = new Vehicle(
            new VehicleId(session.Vehicle), new OwnerId(session.Vehicle), null, Energy.FromKilowattHours(capacity), Power.FromKilowatts(charge), Power.FromKilowatts(fleet.DischargeKw),
            fleet.ChargeEfficiency, fleet.DischargeEfficiency, fleet.WearPerKwh);
        var terms = new StandingTerms(StateOfCharge.FromFraction(Math.Min(fleet.FloorPercent / 100, target)), StateOfCharge.FromFraction(target), null, DischargeAllowed: true);
        return new Visit(new CityVehicle(vehicle, session.Vehicle, terms), new EvseId(new StationId(session.Evse), 1), session.Arrive, session.Leave, arrival) { Declared = session.Declared ?? session.Leave };
    }

    /// <summary>Every quarter-hour from the first arrival to the last departure, real or declared, has a price.</summary>
    private void Covered()
    {
        var end = visits.Max(v => Instant.Max(v.Leave, v.Declared));
        try
        {
            for (var at = From; at < end; at += TimeGrid.QuarterHour) tariff.PriceAt(at);
        }
        catch (InvalidOperationException e)
        {
            var weeks = (int)Math.Ceiling((tariff.First - From).TotalDays / 7);
            var hint = weeks != 0 ? $" To play the sessions in the time of the prices, weekday and hour kept, add --shift-weeks {weeks}." : " Choose days with --from and --to.";
            throw new RecordedFileUnusableException(e.Message + $" The sessions run from {From} to {end}." + hint);
        }
    }

    private Statement Settled(VirtualStay stay, int number)
    {
        var registers = stay.Readings.Select(r => new RegisterReading(r.At, (decimal)Math.Round(r.ImportWh, 3), (decimal)Math.Round(r.ExportWh, 3)));
        var vehicle = stay.Visit.Vehicle.Vehicle;
        return Settler.Settle(new SettlementCase(
            new SessionId($"{number}"), vehicle.Owner, vehicle.Id, new Interval(stay.Readings[0].At, stay.Readings[^1].At), IntervalMeter.Cut(registers, TimeGrid.QuarterHour), tariff, site.Contract, ImmutableArray<Core.GridEvents.GridInstruction>.Empty));
    }
}
