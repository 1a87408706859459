using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Penstock.Solvers.Decomposition;

namespace Penstock.Solvers.Allocation;

/// <summary>
/// Power of a city's participants for one sum: columns of bounds and keys, room summed by region and city. A new value costs O(1), or O(slots) where a limit cuts; a new sum costs O(slots);
/// the setpoints cost O(n). Limits of stations and regions cut room from a subtree before it is summed upward, so one threshold is exact and no rounds are needed.
/// </summary>
public sealed class FleetDispatch
{
    private readonly FleetLayout layout;
    private readonly int[] lowerW;
    private readonly int[] upperW;
    private readonly ushort[] dischargeKey;
    private readonly ushort[] chargeKey;
    private readonly long[] stationLowerW;
    private readonly long[] stationUpperW;
    private readonly int[] regionOf;
    private readonly RoomBins[] regions;
    private readonly RoomBins city = new();

    /// <param name="layout">Participants begin with no room at 0 W.</param>
    public FleetDispatch(FleetLayout layout)
    {
        layout.Check();
        this.layout = layout;
        var n = layout.Participants;
        (lowerW, upperW, dischargeKey, chargeKey) = (new int[n], new int[n], new ushort[n], new ushort[n]);
        (stationLowerW, stationUpperW, regionOf) = (new long[layout.Stations], new long[layout.Stations], new int[layout.Stations]);
        regions = [.. Enumerable.Range(0, layout.Regions).Select(_ => new RoomBins())];
        for (var r = 0; r < layout.Regions; r++) Array.Fill(regionOf, r, layout.RegionStart[r], layout.RegionStart[r + 1] - layout.RegionStart[r]);
    }

    /// <summary>Room of the whole, limits kept.</summary>
    public RoomBins City => city;

    /// <summary>Room of a region, limits of its stations kept and its own not.</summary>
    public RoomBins Region(int region) => regions[region];

    /// <summary>Writes a participant without summing it; <see cref="Sum"/> follows.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Bounds that cross or are beyond <see cref="FleetLayout.PowerMaxW"/>, a key above 4,095.</exception>
    public void Load(int participant, in ParticipantRoom room)
    {
        room.Check(participant);
        (lowerW[participant], upperW[participant], dischargeKey[participant], chargeKey[participant]) = (room.LowerW, room.UpperW, room.DischargeKey, room.ChargeKey);
    }

    /// <summary>Sums all participants anew. O(n + regions x slots).</summary>
    public void Sum(ForEach? forEach = null)
    {
        (forEach ?? InTurn.OneByOne)(layout.Regions, SumRegion);
        city.Clear();
        for (var r = 0; r < layout.Regions; r++)
        {
            var (least, most) = RangeOfRegion(r);
            city.Add(regions[r], least, most, 1);
        }
    }

    /// <summary>A participant's new bounds or keys: its bins change, nothing else is read. O(1); O(members of the station) or O(slots) where a limit cuts.</summary>
    /// <exception cref="ArgumentOutOfRangeException">As <see cref="Load"/>.</exception>
    public void Update(int participant, in ParticipantRoom room)
    {
        room.Check(participant);
        var station = StationOf(participant);
        var r = regionOf[station];
        var (least, most) = RangeOfRegion(r);
        var cut = IsCut(regions[r], least, most);
        if (cut) city.Add(regions[r], least, most, -1);
        Replace(participant, station, room, regions[r], cut ? null : city);
        var (leastNow, mostNow) = RangeOfRegion(r);
        if (!cut && !IsCut(regions[r], leastNow, mostNow)) return;
        if (!cut) city.Add(regions[r], regions[r].LowerW, regions[r].UpperW, -1);
        city.Add(regions[r], leastNow, mostNow, 1);
    }

    /// <summary>The setpoints for a sum, in W: every region and station gets its part of the marginal slot in the order of the columns, remainders are carried on.</summary>
    /// <param name="setpointW">Result, one for each participant.</param>
    /// <exception cref="ArgumentException">The result has another length.</exception>
    public Dispatched Fill(long targetW, int[] setpointW, ForEach? forEach = null)
    {
        if (setpointW.Length != layout.Participants) throw new ArgumentException($"{setpointW.Length} setpoints for {layout.Participants} participants.", nameof(setpointW));
        var threshold = city.Find(targetW);
        var asked = RegionTargets(threshold);
        var given = new long[layout.Regions];
        (forEach ?? InTurn.OneByOne)(layout.Regions, r => given[r] = FillRegion(r, asked[r], setpointW));
        var rest = asked.Sum() - given.Sum();
        if (rest > 0) rest -= GiveRest(threshold, rest, given, setpointW);
        return new Dispatched(threshold, given.Sum(), threshold.SaturationW, rest);
    }

    /// <summary>What each region is to take: all of its slots below the threshold and its part of the marginal one, within its limits. The sum is exact.</summary>
    public long[] RegionTargets(Threshold threshold)
    {
        var (targets, rooms, part, done) = (new long[layout.Regions], 0L, threshold.Part, 0L);
        for (var r = 0; r < layout.Regions; r++)
        {
            var (least, most) = RangeOfRegion(r);
            var filled = regions[r].FilledW(threshold.Slot);
            var (low, high) = (Math.Clamp(filled, least, most), Math.Clamp(filled + (threshold.Slot < RoomBins.Slots ? regions[r].RoomW[threshold.Slot] : 0), least, most));
            rooms += high - low;
            var upTo = (long)Math.BigMul((ulong)rooms, part, out _);
            (targets[r], done) = (low + upTo - done, upTo);
        }

        return targets;
    }

    private static bool IsCut(RoomBins bins, long least, long most) => least != bins.LowerW || most != bins.UpperW;

    private (long Least, long Most) RangeOfRegion(int r)
    {
        var limit = layout.RegionLimits is { } limits ? limits[r] : PowerLimit.None;
        return (limit.Within(regions[r].LowerW), limit.Within(regions[r].UpperW));
    }

    private (long Least, long Most) RangeOfStation(int s)
    {
        var limit = layout.StationLimits is { } limits ? limits[s] : PowerLimit.None;
        return (limit.Within(stationLowerW[s]), limit.Within(stationUpperW[s]));
    }

    private bool IsStationCut(int s) => RangeOfStation(s) != (stationLowerW[s], stationUpperW[s]);

    private int StationOf(int participant)
    {
        var at = Array.BinarySearch(layout.StationStart, participant);
        if (at < 0) return ~at - 1;
        while (layout.StationStart[at + 1] == participant) at++; // stations without participants
        return at;
    }

    // ---- sums

    private void SumRegion(int r)
    {
        regions[r].Clear();
        for (var s = layout.RegionStart[r]; s < layout.RegionStart[r + 1]; s++)
        {
            (stationLowerW[s], stationUpperW[s]) = Scatter(regions[r], layout.StationStart[s], layout.StationStart[s + 1]);
            if (!IsStationCut(s)) continue;
            AddMembers(s, -1, regions[r], null);
            AddCut(s, 1, regions[r], null);
        }
    }

    private (long LowerW, long UpperW) Scatter(RoomBins bins, int from, int to)
    {
        var (low, below, above) = (0L, 0L, 0L);
        ref var discharging = ref MemoryMarshal.GetReference(bins.Open());
        ref var charging = ref Unsafe.Add(ref discharging, RoomBins.Keys);
        unchecked // bounds and keys were checked when they came in
        {
            for (var i = from; i < to; i++)
            {
                var (lower, upper) = (lowerW[i], upperW[i]);
                var rest = Rest(lower, upper);
                Unsafe.Add(ref discharging, dischargeKey[i]) += rest - lower;
                Unsafe.Add(ref charging, chargeKey[i]) += upper - rest;
                (low, below, above) = (low + lower, below + (rest - lower), above + (upper - rest));
            }
        }

        bins.Count(low, below, above);
        return (low, low + below + above);
    }

    private void Replace(int participant, int station, in ParticipantRoom room, RoomBins region, RoomBins? whole)
    {
        var (before, wasCut) = (new ParticipantRoom(lowerW[participant], upperW[participant], dischargeKey[participant], chargeKey[participant]), IsStationCut(station));
        var (lowerBefore, upperBefore) = (stationLowerW[station], stationUpperW[station]);
        stationLowerW[station] += room.LowerW - before.LowerW;
        stationUpperW[station] += room.UpperW - before.UpperW;
        var cut = IsStationCut(station);
        (stationLowerW[station], stationUpperW[station], var lower, var upper) = (lowerBefore, upperBefore, stationLowerW[station], stationUpperW[station]);
        if (!wasCut && cut) AddMembers(station, -1, region, whole);
        else if (wasCut) AddCut(station, -1, region, whole);
        else Add(before, -1, region, whole);
        Load(participant, room);
        (stationLowerW[station], stationUpperW[station]) = (lower, upper);
        if (cut) AddCut(station, 1, region, whole);
        else if (wasCut) AddMembers(station, 1, region, whole);
        else Add(room, 1, region, whole);
    }

    private void AddMembers(int station, int sign, RoomBins region, RoomBins? whole)
    {
        for (var i = layout.StationStart[station]; i < layout.StationStart[station + 1]; i++) Add(new ParticipantRoom(lowerW[i], upperW[i], dischargeKey[i], chargeKey[i]), sign, region, whole);
    }

    private static void Add(in ParticipantRoom room, int sign, RoomBins region, RoomBins? whole)
    {
        var rest = Rest(room.LowerW, room.UpperW);
        for (var bins = region; bins is not null; bins = bins == whole ? null : whole)
        {
            bins.LowerW += sign * room.LowerW;
            bins.Add(room.DischargeKey, sign * (rest - room.LowerW));
            bins.Add(RoomBins.Keys + room.ChargeKey, sign * (room.UpperW - rest));
        }
    }

    /// <summary>The room that its limits leave to a station: the first watts of the fill order are gone when export is cut, the last ones when import is.</summary>
    private void AddCut(int station, int sign, RoomBins region, RoomBins? whole)
    {
        var (least, most) = RangeOfStation(station);
        var (open, left) = (least - stationLowerW[station], most - least);
        region.LowerW += sign * least;
        if (whole is not null) whole.LowerW += sign * least;
        var rented = ArrayPool<long>.Shared.Rent(2 * Members(station));
        foreach (var piece in Pieces(station, rented))
        {
            if (left == 0) break;
            var (slot, here) = ((int)(piece >> 32), piece & uint.MaxValue);
            var head = Math.Min(open, here);
            var taken = Math.Min(here - head, left);
            (open, left) = (open - head, left - taken);
            region.Add(slot, sign * taken);
            whole?.Add(slot, sign * taken);
        }

        ArrayPool<long>.Shared.Return(rented);
    }

    private int Members(int station) => layout.StationStart[station + 1] - layout.StationStart[station];

    /// <summary>The station's room in fill order, each as slot x 2^32 + W.</summary>
    private Span<long> Pieces(int station, long[] to)
    {
        var count = 0;
        for (var i = layout.StationStart[station]; i < layout.StationStart[station + 1]; i++)
        {
            var rest = Rest(lowerW[i], upperW[i]);
            if (rest > lowerW[i]) to[count++] = ((long)dischargeKey[i] << 32) + (rest - lowerW[i]);
            if (upperW[i] > rest) to[count++] = ((long)(RoomBins.Keys + chargeKey[i]) << 32) + (upperW[i] - rest);
        }

        var pieces = to.AsSpan(0, count);
        pieces.Sort();
        return pieces;
    }

    // ---- setpoints

    /// <summary>Stations that no limit holds are filled in one run; the others to what is theirs, locally.</summary>
    private long FillRegion(int r, long targetW, int[] setpointW)
    {
        var threshold = regions[r].Find(targetW);
        if (threshold.SaturationW != 0) return ShrinkRegion(r, targetW, setpointW, upward: threshold.SaturationW > 0);
        var share = new Share(threshold.Slot, threshold.Part, targetW - threshold.OpenW);
        var (run, end) = (layout.RegionStart[r], layout.RegionStart[r + 1]);
        for (var s = run; s < end; s++)
        {
            var held = IsStationCut(s);
            if (!held && StepOf(s) == StepOf(run)) continue;
            Run(layout.StationStart[run], layout.StationStart[s], StepOf(run), ref share, setpointW);
            if (held) FillHeld(s, ref share, setpointW);
            run = held ? s + 1 : s;
        }

        if (run < end) Run(layout.StationStart[run], layout.StationStart[end], StepOf(run), ref share, setpointW);
        var sum = share.Base + share.Given;
        return sum + Lift(layout.RegionStart[r], end, RangeOfRegion(r).Least - sum, setpointW);
    }

    /// <summary>The steps of the piles end below an export limit by less than one of them: participants with room are lifted by the steps that are <paramref name="missing"/>. Limits outrank steps.</summary>
    private long Lift(int fromStation, int toStation, long missing, int[] setpointW)
    {
        var lifted = missing > 0 ? Lift(fromStation, toStation, missing, setpointW, wholeSteps: true) : 0;
        return lifted < Math.Max(missing, 0) ? lifted + Lift(fromStation, toStation, missing - lifted, setpointW, wholeSteps: false) : lifted;
    }

    private long Lift(int fromStation, int toStation, long missing, int[] setpointW, bool wholeSteps)
    {
        var lifted = 0L;
        for (var s = fromStation; s < toStation && lifted < missing; s++)
        {
            var (from, to, step) = (layout.StationStart[s], layout.StationStart[s + 1], wholeSteps ? StepOf(s) : 1);
            var left = IsStationCut(s) ? RangeOfStation(s).Most - SumOf(setpointW, from, to) : long.MaxValue;
            for (var i = from; i < to && lifted < missing; i++)
            {
                var more = Math.Min(Math.Min((missing - lifted + step - 1) / step * step, upperW[i] - setpointW[i]), left);
                more -= more % step;
                if (more <= 0) continue;
                setpointW[i] += (int)more;
                (lifted, left) = (lifted + more, left - more);
            }
        }

        return lifted;
    }

    private static long SumOf(int[] setpointW, int from, int to)
    {
        var sum = 0L;
        for (var i = from; i < to; i++) sum += setpointW[i];
        return sum;
    }

    private int StepOf(int station) => layout.StationStepW is { } steps ? steps[station] : 1;

    private void FillHeld(int s, ref Share share, int[] setpointW)
    {
        var (least, most) = RangeOfStation(s);
        var (from, to) = (layout.StationStart[s], layout.StationStart[s + 1]);
        var (filled, marginal) = (stationLowerW[s], 0L);
        for (var i = from; i < to; i++)
        {
            var rest = Rest(lowerW[i], upperW[i]);
            var (discharge, charge) = (dischargeKey[i] - share.Slot, RoomBins.Keys + chargeKey[i] - share.Slot);
            filled += (discharge < 0 ? rest - lowerW[i] : 0) + (charge < 0 ? upperW[i] - rest : 0);
            marginal += (discharge == 0 ? rest - lowerW[i] : 0) + (charge == 0 ? upperW[i] - rest : 0);
        }

        var (low, high) = (Math.Clamp(filled, least, most), Math.Clamp(filled + marginal, least, most));
        if (low == filled && high == filled + marginal)
        {
            Run(from, to, StepOf(s), ref share, setpointW);
            return;
        }

        var target = low + share.Next(high - low, 1);
        var given = Locally(s, target, setpointW);
        share.Given += given - target; // what the steps left goes on to the next station
    }

    private long Locally(int s, long target, int[] setpointW)
    {
        var (from, to) = (layout.StationStart[s], layout.StationStart[s + 1]);
        if (target < stationLowerW[s]) return Shrink(from, to, target, setpointW, upward: false);
        if (target > stationUpperW[s]) return Shrink(from, to, target, setpointW, upward: true);
        var rented = ArrayPool<long>.Shared.Rent(2 * Members(s));
        var pieces = Pieces(s, rented);
        var (open, at) = (target - stationLowerW[s], 0);
        var (slot, room) = (RoomBins.Slots, 0L);
        while (at < pieces.Length)
        {
            (slot, room) = ((int)(pieces[at] >> 32), 0);
            var next = at;
            while (next < pieces.Length && (int)(pieces[next] >> 32) == slot) room += pieces[next++] & uint.MaxValue;
            if (open < room) break;
            (open, at, slot) = (open - room, next, RoomBins.Slots);
        }

        ArrayPool<long>.Shared.Return(rented);
        var threshold = new Threshold(slot, open, slot < RoomBins.Slots ? room : 0, 0);
        var share = new Share(slot, threshold.Part, target - open);
        Run(from, to, StepOf(s), ref share, setpointW);
        var sum = share.Base + share.Given;
        return sum + Lift(s, s + 1, RangeOfStation(s).Least - sum, setpointW);
    }

    /// <summary>A region's limit below its stations' least (above their largest) powers: those that charge (discharge) are cut in proportion.</summary>
    private long ShrinkRegion(int r, long target, int[] setpointW, bool upward)
    {
        var (from, to) = (layout.RegionStart[r], layout.RegionStart[r + 1]);
        var edges = Enumerable.Range(from, to - from).Select(s => upward ? RangeOfStation(s).Most : RangeOfStation(s).Least).ToArray();
        Cut(edges, target, upward);
        var sum = edges.Select((edge, n) => Locally(from + n, edge, setpointW)).Sum();
        return sum + Lift(from, to, RangeOfRegion(r).Least - sum, setpointW);
    }

    /// <summary>A station's limit below its least (above its largest) powers: all that charge (discharge) are cut in proportion, the limit outranks their needs.</summary>
    private long Shrink(int from, int to, long target, int[] setpointW, bool upward)
    {
        var edges = Array.ConvertAll((upward ? upperW : lowerW)[from..to], w => (long)w);
        Cut(edges, target, upward);
        for (var i = from; i < to; i++) setpointW[i] = (int)edges[i - from];
        return edges.Sum();
    }

    /// <summary>Takes from the positive (<paramref name="upward"/>: adds to the negative) until the sum is the target, in proportion, none past 0.</summary>
    private static void Cut(long[] powers, long target, bool upward)
    {
        var room = powers.Sum(w => upward ? Math.Max(0, -w) : Math.Max(0, w));
        var open = Math.Min(Math.Abs(powers.Sum() - target), room);
        var share = new Share(0, open < room ? new Threshold(0, open, room, 0).Part : 0, 0);
        for (var i = 0; i < powers.Length; i++)
        {
            var own = upward ? Math.Max(0, -powers[i]) : Math.Max(0, powers[i]);
            var less = open < room ? share.Next(own, 1) : own;
            powers[i] += upward ? less : -less;
        }
    }

    private void Run(int from, int to, int step, ref Share share, int[] setpointW)
    {
        var charging = share.Slot >= RoomBins.Keys;
        var key = (ushort)(charging ? share.Slot - RoomBins.Keys : share.Slot);
        var keys = charging ? chargeKey : dischargeKey;
        var i = from;
        for (; i <= to - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            var here = Vector256.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(keys), (nuint)i).AsInt16();
            var (first, second) = Vector256.Widen(Vector256.LessThan(here, Vector256.Create((short)key)));
            Select(i, first, charging, setpointW);
            Select(i + Vector256<int>.Count, second, charging, setpointW);
            for (var marginal = Vector256.Equals(here, Vector256.Create((short)key)).ExtractMostSignificantBits(); marginal != 0; marginal &= marginal - 1) One(i + System.Numerics.BitOperations.TrailingZeroCount(marginal), step, charging, ref share, setpointW);
        }

        for (; i < to; i++)
        {
            var rest = Rest(lowerW[i], upperW[i]);
            setpointW[i] = keys[i] < key ? charging ? upperW[i] : rest : charging ? rest : lowerW[i];
            if (keys[i] == key) One(i, step, charging, ref share, setpointW);
        }
    }

    private void Select(int i, Vector256<int> full, bool charging, int[] setpointW)
    {
        var lower = Vector256.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(lowerW), (nuint)i);
        var upper = Vector256.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(upperW), (nuint)i);
        var rest = Vector256.Min(Vector256.Max(lower, Vector256<int>.Zero), upper);
        Vector256.ConditionalSelect(full, charging ? upper : rest, charging ? rest : lower).StoreUnsafe(ref MemoryMarshal.GetArrayDataReference(setpointW), (nuint)i);
    }

    private void One(int i, int step, bool charging, ref Share share, int[] setpointW)
    {
        var rest = Rest(lowerW[i], upperW[i]);
        var (low, high) = charging ? (rest, upperW[i]) : (lowerW[i], rest);
        setpointW[i] = low + (int)share.Next(high - low, step);
    }

    /// <summary>What the steps left of each region goes to any participant of the marginal slot that has room for a step of its own.</summary>
    private long GiveRest(Threshold threshold, long rest, long[] given, int[] setpointW)
    {
        var (left, charging, key) = (rest, threshold.Slot >= RoomBins.Keys, threshold.Slot & (RoomBins.Keys - 1));
        var keys = charging ? chargeKey : dischargeKey;
        for (var s = 0; s < layout.Stations && left > 0; s++)
        {
            var (r, step) = (regionOf[s], StepOf(s));
            if (step > left || IsStationCut(s)) continue;
            for (var i = layout.StationStart[s]; i < layout.StationStart[s + 1] && left >= step; i++)
            {
                if (keys[i] != key) continue;
                var high = charging ? upperW[i] : Rest(lowerW[i], upperW[i]);
                var more = Math.Min(Math.Min(left, high - setpointW[i]), RangeOfRegion(r).Most - given[r]);
                more -= more % step;
                if (more <= 0) continue;
                setpointW[i] += (int)more;
                given[r] += more;
                left -= more;
            }
        }

        return rest - left;
    }

    /// <summary>The power nearest to 0 W within the bounds: min(max(lower, 0), upper) without branches, which real fleets mispredict (twice the time of a sum).</summary>
    private static int Rest(int lower, int upper)
    {
        var over = (lower & ~(lower >> 31)) - upper;
        return upper + (over & (over >> 31));
    }

    /// <summary>The marginal slot as it is given out along the columns: rounded down to the step of each, the remainder carried to the next.</summary>
    /// <param name="Base">What is taken without it.</param>
    private record struct Share(int Slot, ulong Part, long Base)
    {
        private long rooms;

        internal long Given { get; set; }

        internal long Next(long room, int step)
        {
            rooms += room;
            var want = Math.Clamp((long)Math.BigMul((ulong)rooms, Part, out _) - Given, 0, room);
            if (step > 1) want -= want % step;
            Given += want;
            return want;
        }
    }
}

/// <summary>A participant as its bounds (W, negative = discharge) and where it stands in the order: low keys are the first to charge and the first to stop discharging.</summary>
public readonly record struct ParticipantRoom(int LowerW, int UpperW, ushort DischargeKey, ushort ChargeKey)
{
    internal void Check(int participant)
    {
        if (LowerW > UpperW || LowerW < -FleetLayout.PowerMaxW || UpperW > FleetLayout.PowerMaxW) throw new ArgumentOutOfRangeException(nameof(LowerW), $"Participant {participant} has bounds {LowerW} to {UpperW} W; they rise and lie within {FleetLayout.PowerMaxW} W.");
        if (DischargeKey >= RoomBins.Keys || ChargeKey >= RoomBins.Keys) throw new ArgumentOutOfRangeException(nameof(DischargeKey), $"Participant {participant} has keys {DischargeKey} and {ChargeKey}; {RoomBins.Keys - 1} is the largest.");
    }
}
