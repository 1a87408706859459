using CsCheck;
using Penstock.Solvers.Allocation;

namespace Penstock.UnitTests.Solvers.Allocation;

public sealed class FleetDispatchTests
{
    /// <summary>Few keys, so that participants often share a slot; bounds of all signs, also without room.</summary>
    private static readonly Gen<ParticipantRoom> Participant =
        from lower in Gen.Frequency((6, Gen.Int[-60_000, 0]), (1, Gen.Int[0, 20_000]), (1, Gen.Const(0)))
        from room in Gen.Frequency((6, Gen.Int[0, 90_000]), (1, Gen.Const(0)))
        from discharge in Gen.OneOf(Gen.Int[0, 6], Gen.Int[4090, 4095])
        from charge in Gen.OneOf(Gen.Int[0, 6], Gen.Int[4090, 4095])
        select new ParticipantRoom(lower, lower + room, (ushort)discharge, (ushort)charge);

    private static readonly Gen<(ParticipantRoom[] All, double At)> Fleets = Gen.Select(Participant.Array[1, 90], Gen.Double[-0.2, 1.2]);

    /// <summary>Limits that often bind, sometimes against the least powers.</summary>
    private static readonly Gen<PowerLimit> Limit = Gen.Frequency((2, Gen.Const(PowerLimit.None)), (3, Gen.Select(Gen.Long[0, 400_000], Gen.Long[0, 400_000]).Select((import, export) => new PowerLimit(import, export))));

    private static readonly Gen<(ParticipantRoom[] All, FleetLayout Layout, double At)> Cities =
        from all in Participant.Array[1, 90]
        from stations in Gen.Int[1, 12]
        from regions in Gen.Int[1, 4]
        from stationLimits in Limit.Array[stations]
        from regionLimits in Limit.Array[regions]
        from at in Gen.Double[-0.2, 1.2]
        select (all, FleetLayout.Even(all.Length, stations, regions) with { StationLimits = stationLimits, RegionLimits = regionLimits }, at);

    [Fact]
    public void The_threshold_fills_what_needs_it_most_and_shares_the_marginal_slot()
    {
        // Two that can give 10 kW each (keys 0 and 9), two that can take 10 kW each (keys 1 and 1).
        ParticipantRoom[] all = [new(-10_000, 0, 0, 0), new(-10_000, 0, 9, 0), new(0, 10_000, 0, 1), new(0, 10_000, 0, 1)];
        Assert.Equal([0, -10_000, 0, 0], Filled(all, -10_000).Setpoints); // the second has most to give
        Assert.Equal([0, -4_000, 0, 0], Filled(all, -4_000).Setpoints);
        Assert.Equal([-2_000, -10_000, 0, 0], Filled(all, -12_000).Setpoints);
        Assert.Equal([0, 0, 2_500, 2_501], Filled(all, 5_001).Setpoints); // a watt that cannot be halved goes to one of them
        Assert.Equal(1_000, Filled(all, 21_000).Result.SaturationW);
        Assert.Equal(-500, Filled(all, -20_500).Result.SaturationW);
    }

    [Fact]
    public void A_fill_is_the_one_of_sorted_rooms() => Fleets.Sample(f =>
    {
        var target = Target(f.All, f.At);
        var (setpoints, result) = Filled(f.All, target);
        var expected = Sorted(f.All, target);
        for (var i = 0; i < setpoints.Length; i++) Assert.InRange(setpoints[i] - expected[i], -1.0, 1.0);
        var reached = Math.Clamp(target, f.All.Sum(p => (long)p.LowerW), f.All.Sum(p => (long)p.UpperW));
        Assert.Equal(reached, setpoints.Sum(w => (long)w));
        Assert.Equal(reached, result.SumW);
        Assert.Equal(target - reached, result.SaturationW);
        Assert.Equal(0, result.RestW);
    });

    [Fact]
    public void Every_setpoint_lies_within_its_bounds_and_nobody_charges_above_need_while_another_discharges() => Fleets.Sample(f =>
    {
        var (setpoints, _) = Filled(f.All, Target(f.All, f.At));
        for (var i = 0; i < setpoints.Length; i++) Assert.InRange(setpoints[i], f.All[i].LowerW, f.All[i].UpperW);
        var gives = Enumerable.Range(0, setpoints.Length).Any(i => setpoints[i] < Math.Min(0, f.All[i].UpperW));
        var takes = Enumerable.Range(0, setpoints.Length).Any(i => setpoints[i] > Math.Max(0, f.All[i].LowerW));
        Assert.False(gives && takes);
    });

    [Fact]
    public void A_larger_sum_lowers_no_setpoint_by_more_than_the_watt_of_rounding() => Gen.Select(Fleets, Gen.Long[1, 300_000]).Sample((f, more) =>
    {
        var target = Target(f.All, f.At);
        var (less, _) = Filled(f.All, target);
        var (now, _) = Filled(f.All, target + more);
        for (var i = 0; i < less.Length; i++) Assert.True(now[i] >= less[i] - 1, $"{i}: {less[i]} then {now[i]}");
    });

    [Fact]
    public void Totals_do_not_depend_on_the_order_of_the_columns() => Fleets.SelectMany(f => Gen.Shuffle(f.All).Select(other => (f.All, other, f.At))).Sample((all, other, at) =>
    {
        var (first, second) = (Fleet(all, FleetLayout.Even(all.Length, 3, 2)), Fleet(other, FleetLayout.Even(other.Length, 5, 1)));
        Assert.Equal(first.City.RoomW, second.City.RoomW);
        Assert.Equal(first.City.Find(Target(all, at)), second.City.Find(Target(all, at)));
    });

    [Fact]
    public void Stations_and_regions_without_binding_limits_are_filled_as_one_fleet() => Gen.Select(Fleets, Gen.Int[1, 12], Gen.Int[1, 4]).Sample((f, stations, regions) =>
    {
        var target = Target(f.All, f.At);
        var layout = FleetLayout.Even(f.All.Length, stations, regions) with { StationLimits = [.. Enumerable.Repeat(new PowerLimit(20_000_000, 20_000_000), stations)] };
        var (flat, _) = Filled(f.All, target);
        var (nested, result) = Filled(f.All, target, layout);
        Assert.Equal(flat.Sum(), result.SumW);
        for (var i = 0; i < flat.Length; i++) Assert.InRange(nested[i] - flat[i], -1, 1);
        for (var s = 0; s < stations; s++) Assert.InRange(Station(layout, nested, s) - Station(layout, flat, s), -1, 1);
    });

    [Fact]
    public void Limits_are_kept_and_what_they_cut_goes_to_the_others_until_nobody_has_room() => Cities.Sample(c =>
    {
        var target = Target(c.All, c.At);
        var (setpoints, result) = Filled(c.All, target, c.Layout);
        for (var s = 0; s < c.Layout.Stations; s++) Within(c.Layout.StationLimits![s], Station(c.Layout, setpoints, s));
        for (var r = 0; r < c.Layout.Regions; r++) Within(c.Layout.RegionLimits![r], Region(c.Layout, setpoints, r));
        var reached = Math.Clamp(target, Edge(c.All, c.Layout, p => p.LowerW), Edge(c.All, c.Layout, p => p.UpperW));
        Assert.Equal(reached, setpoints.Sum(w => (long)w));
        Assert.Equal(target - reached, result.SaturationW);
        Assert.Equal(0, result.RestW);
    });

    [Fact]
    public void A_limit_outranks_the_least_power_and_only_then_is_it_passed() => Cities.Sample(c =>
    {
        var (setpoints, _) = Filled(c.All, Target(c.All, c.At), c.Layout);
        for (var i = 0; i < setpoints.Length; i++)
        {
            Assert.InRange(setpoints[i], Math.Min(0, c.All[i].LowerW), Math.Max(0, c.All[i].UpperW));
            if (setpoints[i] >= c.All[i].LowerW && setpoints[i] <= c.All[i].UpperW) continue;
            var s = Enumerable.Range(0, c.Layout.Stations).First(n => i < c.Layout.StationStart[n + 1]);
            var r = Enumerable.Range(0, c.Layout.Regions).First(n => s < c.Layout.RegionStart[n + 1]);
            var (station, region) = (c.Layout.StationLimits![s], c.Layout.RegionLimits![r]);
            var (ofStation, ofRegion) = (Station(c.Layout, setpoints, s), Region(c.Layout, setpoints, r));
            Assert.True(ofStation == station.ImportMaxW || ofStation == -station.ExportMaxW || ofRegion == region.ImportMaxW || ofRegion == -region.ExportMaxW, $"{i}: {c.All[i]} got {setpoints[i]} W");
        }
    });

    [Fact]
    public void Each_region_takes_what_its_stations_take_at_the_common_slot() => Cities.Sample(c =>
    {
        var fleet = Fleet(c.All, c.Layout);
        var threshold = fleet.City.Find(Target(c.All, c.At));
        var targets = fleet.RegionTargets(threshold);
        for (var r = 0; r < c.Layout.Regions; r++) Assert.InRange(targets[r], AtSlot(c, r, threshold.Slot), AtSlot(c, r, threshold.Slot + 1));
        Assert.Equal(Math.Clamp(Target(c.All, c.At), fleet.City.LowerW, fleet.City.UpperW), targets.Sum());
    });

    [Fact]
    public void A_larger_sum_lowers_no_station_that_has_limits() => Gen.Select(Cities, Gen.Long[1, 300_000]).Sample((c, more) =>
    {
        var target = Target(c.All, c.At);
        var (less, _) = Filled(c.All, target, c.Layout);
        var (now, _) = Filled(c.All, target + more, c.Layout);
        for (var i = 0; i < less.Length; i++) Assert.True(now[i] >= less[i] - 2, $"{i}: {less[i]} then {now[i]}"); // a watt of its station and one of its own
    });

    [Fact]
    public void Updates_one_by_one_leave_the_bins_of_a_new_sum() => Gen.Select(Cities, Gen.Select(Gen.Int[0, 1000], Participant).Array[1, 60]).Sample((c, updates) =>
    {
        var fleet = Fleet(c.All, c.Layout);
        var all = c.All.ToArray();
        foreach (var (at, room) in updates)
        {
            all[at % all.Length] = room;
            fleet.Update(at % all.Length, room);
        }

        var again = Fleet(all, c.Layout);
        Assert.Equal((again.City.LowerW, again.City.UpperW), (fleet.City.LowerW, fleet.City.UpperW));
        Assert.Equal(again.City.RoomW, fleet.City.RoomW);
        for (var r = 0; r < c.Layout.Regions; r++) Assert.Equal(again.Region(r).RoomW, fleet.Region(r).RoomW);
        var (first, second) = (new int[all.Length], new int[all.Length]);
        Assert.Equal(again.Fill(Target(all, c.At), first), fleet.Fill(Target(all, c.At), second));
        Assert.Equal(first, second);
    });

    [Fact]
    public void Steps_of_the_piles_are_kept_and_lose_less_than_one_step() => Gen.Select(Cities, Gen.OneOf(Gen.Const(100), Gen.Const(230), Gen.Const(690))).Sample((c, step) =>
    {
        ParticipantRoom[] all = [.. c.All.Select(p => p with { LowerW = p.LowerW / step * step, UpperW = Math.Max(p.LowerW / step * step, p.UpperW / step * step) })];
        var layout = c.Layout with { StationLimits = null, RegionLimits = null, StationStepW = [.. Enumerable.Repeat(step, c.Layout.Stations)] };
        var target = Target(all, c.At);
        var (setpoints, result) = Filled(all, target, layout);
        Assert.All(setpoints, w => Assert.Equal(0, w % step));
        var rest = Math.Clamp(target, all.Sum(p => (long)p.LowerW), all.Sum(p => (long)p.UpperW)) - setpoints.Sum(w => (long)w);
        Assert.InRange(rest, 0, step - 1);
        Assert.Equal(rest, result.RestW);
    });

    [Fact]
    public void Steps_under_limits_pass_no_limit_and_report_what_is_left() => Gen.Select(Cities, Gen.OneOf(Gen.Const(100), Gen.Const(230))).Sample((c, step) =>
    {
        ParticipantRoom[] all = [.. c.All.Select(p => p with { LowerW = p.LowerW / step * step, UpperW = Math.Max(Math.Max(p.LowerW, 0), p.UpperW) / step * step })]; // none is made to discharge
        var layout = c.Layout with { StationStepW = [.. Enumerable.Repeat(step, c.Layout.Stations)] };
        var (setpoints, result) = Filled(all, Target(all, c.At), layout);
        for (var s = 0; s < layout.Stations; s++) Within(layout.StationLimits![s], Station(layout, setpoints, s));
        for (var r = 0; r < layout.Regions; r++) Within(layout.RegionLimits![r], Region(layout, setpoints, r));
        Assert.Equal(result.SumW, setpoints.Sum(w => (long)w));
        Assert.Equal(Target(all, c.At), result.SumW + result.SaturationW + result.RestW);
    });

    [Fact]
    public void A_hundred_thousand_participants_on_any_threads_sum_to_the_watt()
    {
        var draw = new Random(7);
        var fleet = new FleetDispatch(FleetLayout.Even(100_000, 2_000, 16) with { StationLimits = [.. Enumerable.Range(0, 2_000).Select(s => s % 7 == 0 ? new PowerLimit(500_000, 300_000) : new PowerLimit(5_000_000, 5_000_000))] });
        for (var i = 0; i < 100_000; i++) fleet.Load(i, new ParticipantRoom(-draw.Next(60_000), draw.Next(60_000), (ushort)draw.Next(4096), (ushort)draw.Next(4096)));
        fleet.Sum((count, body) => Parallel.For(0, count, body));
        var (alone, together) = (new int[100_000], new int[100_000]);
        foreach (var target in (ReadOnlySpan<long>)[-1_234_567_891, -1, 0, 777_777_777])
        {
            var result = fleet.Fill(target, together, (count, body) => Parallel.For(0, count, body));
            Assert.Equal(target, together.Sum(w => (long)w));
            Assert.Equal(result, fleet.Fill(target, alone));
            Assert.Equal(alone, together);
        }
    }

    [Fact]
    public void Faults_are_refused_with_what_was_expected()
    {
        var fleet = new FleetDispatch(FleetLayout.Even(3, 1, 1));
        Assert.Contains("Participant 2 has bounds 5 to 4 W", Assert.Throws<ArgumentOutOfRangeException>(() => fleet.Update(2, new ParticipantRoom(5, 4, 0, 0))).Message, StringComparison.Ordinal);
        Assert.Contains("4095 is the largest", Assert.Throws<ArgumentOutOfRangeException>(() => fleet.Load(0, new ParticipantRoom(0, 1, 4096, 0))).Message, StringComparison.Ordinal);
        Assert.Contains("10000000 W", Assert.Throws<ArgumentOutOfRangeException>(() => fleet.Load(0, new ParticipantRoom(0, FleetLayout.PowerMaxW + 1, 0, 0))).Message, StringComparison.Ordinal);
        Assert.Contains("2 setpoints for 3", Assert.Throws<ArgumentException>(() => fleet.Fill(0, new int[2])).Message, StringComparison.Ordinal);
        Assert.Contains("StationStart[2] is 1 after 2", Assert.Throws<ArgumentException>(() => new FleetDispatch(new FleetLayout([0, 2, 1, 3], [0, 3]))).Message, StringComparison.Ordinal);
        Assert.Contains("RegionStart goes from 0 to 2", Assert.Throws<ArgumentException>(() => new FleetDispatch(new FleetLayout([0, 1, 3], [0, 1]))).Message, StringComparison.Ordinal);
        Assert.Contains("StationLimits has 2 entries, 1 are expected", Assert.Throws<ArgumentException>(() => new FleetDispatch(FleetLayout.Even(3, 1, 1) with { StationLimits = new PowerLimit[2] })).Message, StringComparison.Ordinal);
        Assert.Contains("limit of -5 W", Assert.Throws<ArgumentException>(() => new FleetDispatch(FleetLayout.Even(3, 1, 1) with { StationLimits = [new PowerLimit(-5, 0)] })).Message, StringComparison.Ordinal);
        Assert.Contains("step of 0 W", Assert.Throws<ArgumentException>(() => new FleetDispatch(FleetLayout.Even(3, 1, 1) with { StationStepW = [0] })).Message, StringComparison.Ordinal);
        Assert.Contains("step of -1 W", Assert.Throws<ArgumentException>(() => new FleetDispatch(FleetLayout.Even(3, 1, 1) with { StationStepW = [-1] })).Message, StringComparison.Ordinal);
    }

    private static FleetDispatch Fleet(ParticipantRoom[] all, FleetLayout layout)
    {
        var fleet = new FleetDispatch(layout);
        for (var i = 0; i < all.Length; i++) fleet.Load(i, all[i]);
        fleet.Sum();
        return fleet;
    }

    private static (int[] Setpoints, Dispatched Result) Filled(ParticipantRoom[] all, long target, FleetLayout? layout = null)
    {
        var setpoints = new int[all.Length];
        return (setpoints, Fleet(all, layout ?? FleetLayout.Even(all.Length, 1, 1)).Fill(target, setpoints));
    }

    /// <summary>A sum at this part of the band: below 0 and above 1 it is outside.</summary>
    private static long Target(ParticipantRoom[] all, double at)
    {
        var (lower, upper) = (all.Sum(p => (long)p.LowerW), all.Sum(p => (long)p.UpperW));
        return lower + (long)(at * (upper - lower)) + (at < 0 ? -10_000 : 0);
    }

    /// <summary>The definition, with a sort: rooms in the order of their slots, each full before the next; equals share in proportion.</summary>
    private static double[] Sorted(ParticipantRoom[] all, long target)
    {
        var rooms = all.SelectMany((p, i) => new[]
        {
            (i, Slot: (int)p.DischargeKey, Room: (double)(Math.Clamp(0, p.LowerW, p.UpperW) - p.LowerW)),
            (i, Slot: 4096 + p.ChargeKey, Room: (double)(p.UpperW - Math.Clamp(0, p.LowerW, p.UpperW))),
        });
        var setpoints = all.Select(p => (double)p.LowerW).ToArray();
        var open = target - setpoints.Sum();
        foreach (var equal in rooms.GroupBy(r => r.Slot).OrderBy(g => g.Key))
        {
            var room = equal.Sum(r => r.Room);
            var part = room > 0 ? Math.Clamp(open / room, 0, 1) : 0;
            foreach (var (i, _, own) in equal) setpoints[i] += part * own;
            open -= part * room;
        }

        return setpoints;
    }

    private static long Station(FleetLayout layout, int[] setpoints, int s) => setpoints[layout.StationStart[s]..layout.StationStart[s + 1]].Sum(w => (long)w);

    private static long Region(FleetLayout layout, int[] setpoints, int r) => Enumerable.Range(layout.RegionStart[r], layout.RegionStart[r + 1] - layout.RegionStart[r]).Sum(s => Station(layout, setpoints, s));

    private static void Within(PowerLimit limit, long watts) => Assert.InRange(watts, -limit.ExportMaxW, limit.ImportMaxW);

    /// <summary>Least or largest sum that all limits of the tree leave.</summary>
    private static long Edge(ParticipantRoom[] all, FleetLayout layout, Func<ParticipantRoom, int> bound)
    {
        var bounds = all.Select(bound).ToArray();
        return Enumerable.Range(0, layout.Regions).Sum(r => Held(layout.RegionLimits![r], Enumerable.Range(layout.RegionStart[r], layout.RegionStart[r + 1] - layout.RegionStart[r])
            .Sum(s => Held(layout.StationLimits![s], Station(layout, bounds, s)))));
    }

    /// <summary>What a region takes when the slots below <paramref name="slot"/> are full.</summary>
    private static long AtSlot((ParticipantRoom[] All, FleetLayout Layout, double At) c, int r, int slot)
    {
        var filled = c.All.Select(p =>
        {
            var rest = Math.Clamp(0, p.LowerW, p.UpperW);
            return p.LowerW + (p.DischargeKey < slot ? rest - p.LowerW : 0) + (4096 + p.ChargeKey < slot ? p.UpperW - rest : 0);
        }).ToArray();
        return Held(c.Layout.RegionLimits![r], Enumerable.Range(c.Layout.RegionStart[r], c.Layout.RegionStart[r + 1] - c.Layout.RegionStart[r]).Sum(s => Held(c.Layout.StationLimits![s], Station(c.Layout, filled, s))));
    }

    private static long Held(PowerLimit limit, long watts) => Math.Clamp(watts, -limit.ExportMaxW, limit.ImportMaxW);
}
