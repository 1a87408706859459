using Penstock.Ocpp.V21;
using Penstock.Simulator.Stations.Profiles;

namespace Penstock.Simulator.Stations.Device;

/// <summary>What the central system does with charging profiles (blocks K and Q): sets, updates, clears, asks for them and for what they come to.</summary>
internal sealed class ProfileDesk(DeviceState device)
{
    /// <summary>SmartChargingCtrlr.ProfileStackLevel.</summary>
    internal const int StackLevelMax = 99;

    /// <summary>Longest composite schedule, s.</summary>
    private const int CompositeMax = 7 * 86400;

    internal SetChargingProfileResponse Set(SetChargingProfileRequest asked) =>
        Install(asked.EvseId, asked.ChargingProfile, null) is { } fault ? new() { Status = ChargingProfileStatus.Rejected, StatusInfo = fault } : new() { Status = ChargingProfileStatus.Accepted };

    /// <param name="evse">0 = all of them.</param>
    /// <param name="starting">An EVSE whose transaction is about to start: its profile may come first.</param>
    /// <returns>Null = it was taken.</returns>
    internal StatusInfo? Install(int evse, ChargingProfile profile, Outlet? starting)
    {
        var station = device.Station;
        station.Commanded();
        var mine = station.Outlets.Where(o => evse == 0 || o.Evse == evse).ToList();
        if (mine.Count == 0) return Reason("UnknownEvse", $"there is no EVSE {evse}");
        var ofTransaction = profile.ChargingProfilePurpose == ChargingProfilePurpose.TxProfile;
        if (ofTransaction && evse == 0) return Reason("InvalidValue", "a TxProfile is for one EVSE");
        if (ofTransaction && starting is null && mine[0].Session is not { Ended: false }) return Reason("TxNotFound", $"no transaction runs on EVSE {evse}");
        if (ofTransaction && starting is null && profile.TransactionId is { } id && id != mine[0].Session!.TransactionId) return Reason("TxNotFound", $"transaction {id} does not run on EVSE {evse}");
        foreach (var outlet in mine) if (ProfileCheck.Fault(profile, Capability(outlet)) is { } fault) return fault;
        if (profile.ChargingProfilePurpose is ChargingProfilePurpose.ChargingStationMaxProfile && evse != 0) return Reason("InvalidValue", "a ChargingStationMaxProfile is for EVSE 0");
        var delay = profile.ChargingSchedule[0].RandomizedDelay is { } most and > 0 ? station.Draw(most) : 0;
        foreach (var outlet in mine) if (!outlet.Profiles.Put(profile, station.Now, delay)) return Reason("TooManyElements", $"at most {ProfileStore.Max} profiles");
        if (ofTransaction && starting is null) station.ProfileTaken(mine[0], profile);
        return null;
    }

    internal UpdateDynamicScheduleResponse Update(int id, ChargingScheduleUpdate update)
    {
        device.Station.Commanded();
        var fault = (update.Setpoint < 0 || update.DischargeLimit < 0) && device.Station.Outlets.Any(o => o.DischargeKw <= 0 && o.Profiles.Held.Any(h => h.Profile.Id == id))
            ? Reason("InvalidSchedule", "this EVSE cannot discharge")
            : update.Setpoint > update.Limit || update.Setpoint < update.DischargeLimit ? Reason("InvalidSchedule", $"setpoint {update.Setpoint} is outside dischargeLimit {update.DischargeLimit} to limit {update.Limit}") : null;
        var moved = 0;
        if (fault is null) foreach (var outlet in device.Station.Outlets) if (outlet.Profiles.Update(id, update, device.Station.MomentOf(outlet))) moved++;
        return moved > 0 ? new() { Status = ChargingProfileStatus.Accepted } : new() { Status = ChargingProfileStatus.Rejected, StatusInfo = fault ?? Reason("NotFound", $"no Dynamic profile {id} is in effect") };
    }

    internal ClearChargingProfileResponse Clear(ClearChargingProfileRequest asked)
    {
        var which = asked.ChargingProfileCriteria;
        var gone = device.Station.Outlets.Where(o => which?.EvseId is null or 0 || o.Evse == which.EvseId).Sum(o => o.Profiles.Clear(p =>
            (asked.ChargingProfileId ?? p.Id) == p.Id && (which?.ChargingProfilePurpose ?? p.ChargingProfilePurpose) == p.ChargingProfilePurpose && (which?.StackLevel ?? p.StackLevel) == p.StackLevel
            && (asked.ChargingProfileId is not null || p.ChargingProfilePurpose != ChargingProfilePurpose.ChargingStationExternalConstraints)));
        return new ClearChargingProfileResponse { Status = gone > 0 ? ClearChargingProfileStatus.Accepted : ClearChargingProfileStatus.Unknown };
    }

    internal GetChargingProfilesResponse Get(GetChargingProfilesRequest asked)
    {
        var wanted = asked.ChargingProfile;
        bool Meant(ChargingProfile p) => (wanted.ChargingProfileId is not { Count: > 0 } ids || ids.Contains(p.Id)) && (wanted.ChargingProfilePurpose ?? p.ChargingProfilePurpose) == p.ChargingProfilePurpose
            && (wanted.StackLevel ?? p.StackLevel) == p.StackLevel && (wanted.ChargingLimitSource is not { Count: > 0 } sources || sources.Contains(Source(p)));
        var found = device.Station.Outlets.Where(o => asked.EvseId is null or 0 || o.Evse == asked.EvseId).SelectMany(o => o.Profiles.Held.Where(h => Meant(h.Profile)).Select(h => (o.Evse, h.Profile)))
            .GroupBy(p => (p.Evse, Source: Source(p.Profile))).ToList();
        if (found.Count == 0) return new GetChargingProfilesResponse { Status = GetChargingProfileStatus.NoProfiles };
        for (var n = 0; n < found.Count; n++)
        {
            device.Say<ReportChargingProfilesRequest, ReportChargingProfilesResponse>(new ReportChargingProfilesRequest
            {
                RequestId = asked.RequestId, EvseId = found[n].Key.Evse, ChargingLimitSource = found[n].Key.Source, ChargingProfile = [.. found[n].Select(p => p.Profile)], Tbc = n + 1 < found.Count,
            });
        }

        return new GetChargingProfilesResponse { Status = GetChargingProfileStatus.Accepted };
    }

    internal GetCompositeScheduleResponse Composite(GetCompositeScheduleRequest asked)
    {
        GetCompositeScheduleResponse Rejected(string code, string text) => new() { Status = GenericStatus.Rejected, StatusInfo = Reason(code, text) };
        if (asked.Duration is < 1 or > CompositeMax) return Rejected("ValueOutOfRange", $"duration is {asked.Duration} s, expected 1 to {CompositeMax}");
        var unit = asked.ChargingRateUnit ?? ChargingRateUnit.W;
        if (!Units.Contains(unit)) return Rejected("UnsupportedRateUnit", $"chargingRateUnit is {unit}");
        var mine = device.Station.Outlets.Where(o => asked.EvseId == 0 || o.Evse == asked.EvseId).ToList();
        if (mine.Count == 0) return Rejected("UnknownEvse", $"there is no EVSE {asked.EvseId}");
        return new GetCompositeScheduleResponse
        {
            Status = GenericStatus.Accepted,
            Schedule = new CompositeSchedule { EvseId = asked.EvseId, Duration = asked.Duration, ScheduleStart = device.Clock, ChargingRateUnit = unit, ChargingSchedulePeriod = Periods(mine, asked.Duration, unit) },
        };
    }

    internal UsePriorityChargingResponse Priority(UsePriorityChargingRequest asked)
    {
        UsePriorityChargingResponse Answer(PriorityChargingStatus status, string? code = null) => new() { Status = status, StatusInfo = code is null ? null : Reason(code, asked.TransactionId) };
        if (device.Station.Outlets.FirstOrDefault(o => o.Session?.TransactionId == asked.TransactionId) is not { } outlet) return Answer(PriorityChargingStatus.Rejected, "TxNotFound");
        if (asked.Activate && outlet.Profiles.Held.All(h => h.Profile.ChargingProfilePurpose != ChargingProfilePurpose.PriorityCharging)) return Answer(PriorityChargingStatus.NoProfile);
        if (outlet.Priority != asked.Activate) device.Station.SetPriority(outlet, asked.Activate);
        return Answer(PriorityChargingStatus.Accepted);
    }

    internal AFRRSignalResponse Signal(int signal)
    {
        var moved = false;
        foreach (var outlet in device.Station.Outlets)
        {
            if (outlet.Profiles.At(device.Station.MomentOf(outlet)) is not { Mode: OperationMode.LocalFrequency, Leading.Periods: [{ SignalWatt.Length: > 0 }, ..] }) continue;
            outlet.Signal = signal;
            moved = true;
        }

        return moved ? new() { Status = GenericStatus.Accepted } : new() { Status = GenericStatus.Rejected, StatusInfo = Reason("NoSignalWattCurve", "no LocalFrequency profile with a v2xSignalWattCurve is in effect") };
    }

    private HashSet<ChargingRateUnit> Units => device.Station.Faults.RefusesWatts ? [ChargingRateUnit.A] : [ChargingRateUnit.W, ChargingRateUnit.A];

    private ProfileCapability Capability(Outlet outlet)
    {
        var enabled = device.Model.Flag("V2XChargingCtrlr", "Enabled", outlet.Evse);
        var modes = device.Model.List("V2XChargingCtrlr", "SupportedOperationModes", outlet.Evse).Select(Enum.Parse<OperationMode>).Where(m => enabled || m == OperationMode.ChargingOnly).ToHashSet();
        return new ProfileCapability(modes, Units, device.Station.Faults.StackLevelZeroOnly ? 0 : StackLevelMax, outlet.DischargeKw > 0, IsDc: true);
    }

    /// <summary>The profiles played ahead from now, at every second where one of them may turn.</summary>
    private static List<ChargingSchedulePeriod> Periods(List<Outlet> mine, int duration, ChargingRateUnit unit)
    {
        var station = mine[0].Station!;
        var now = station.Now;
        var turns = new SortedSet<int> { 0 };
        foreach (var held in mine.SelectMany(o => o.Profiles.Held.Select(h => (o, h))))
        {
            var start = held.h.Start(station.MomentOf(held.o));
            void Turn(DateTimeOffset at)
            {
                var second = (int)Math.Clamp(Math.Ceiling((at - now).TotalSeconds), -1, duration);
                if (second > 0 && second < duration) turns.Add(second);
            }

            for (var at = start; at < now.AddSeconds(duration); at = held.h.Profile.RecurrencyKind switch { RecurrencyKind.Daily => at.AddDays(1), RecurrencyKind.Weekly => at.AddDays(7), _ => DateTimeOffset.MaxValue })
            {
                foreach (var period in held.h.Periods) Turn(at.AddSeconds(period.From + held.h.DelaySeconds));
                if (held.h.Chosen.Duration is { } lasts) Turn(at.AddSeconds(lasts));
            }

            if (held.h.Profile.ValidFrom is { } from) Turn(from);
            if (held.h.Profile.ValidTo is { } to) Turn(to);
        }

        var scale = unit == ChargingRateUnit.A ? 3 * PowerPeriod.PhaseVolts : 1;
        var periods = new List<ChargingSchedulePeriod>();
        foreach (var second in turns)
        {
            var (limit, setpoint, mode) = (0.0, (double?)null, OperationMode.ChargingOnly);
            foreach (var outlet in mine)
            {
                var composed = outlet.Profiles.At(station.MomentOf(outlet) with { Now = now.AddSeconds(second) });
                limit += Math.Min(composed.LimitW ?? double.PositiveInfinity, outlet.ChargeKw * 1000);
                if (composed.Mode == OperationMode.ChargingOnly) continue;
                (setpoint, mode) = ((setpoint ?? 0) + composed.AskedW ?? 0, composed.Mode);
            }

            decimal Round(double watts) => (decimal)Math.Round(watts / scale, 1);
            var next = new ChargingSchedulePeriod { StartPeriod = second, Limit = Round(limit), Setpoint = setpoint is { } s && station.Model.Version == Penstock.Ocpp.Rpc.OcppVersion.V21 ? Round(s) : null };
            if (station.Model.Version == Penstock.Ocpp.Rpc.OcppVersion.V21) next = next with { OperationMode = mode };
            if (periods.Count == 0 || periods[^1] with { StartPeriod = second } != next) periods.Add(next);
        }

        return periods;
    }

    private static string Source(ChargingProfile profile) => profile.ChargingProfilePurpose == ChargingProfilePurpose.ChargingStationExternalConstraints ? "EMS" : "CSO";

    private static StatusInfo Reason(string code, string text) => new() { ReasonCode = code, AdditionalInfo = text };
}
