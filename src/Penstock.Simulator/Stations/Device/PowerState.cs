using Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations.Device;

/// <summary>Out of service and starting anew (blocks B and G): what waits for transactions to end.</summary>
internal sealed class PowerState(DeviceState device)
{
    private readonly Dictionary<int, OperationalStatus> scheduled = [];
    private bool resetOnIdle;

    internal ChangeAvailabilityResponse Change(ChangeAvailabilityRequest asked)
    {
        ChangeAvailabilityResponse Answer(ChangeAvailabilityStatus status, string? code = null) => new() { Status = status, StatusInfo = code is null ? null : new StatusInfo { ReasonCode = code } };
        var station = device.Station;
        var mine = station.Outlets.Where(o => asked.Evse is null || asked.Evse.Id == 0 || o.Evse == asked.Evse.Id).ToList();
        if (mine.Count == 0) return Answer(ChangeAvailabilityStatus.Rejected, "UnknownEvse");
        if (asked.Evse?.ConnectorId is > 1) return Answer(ChangeAvailabilityStatus.Rejected, "UnknownConnectorId");
        var busy = false;
        foreach (var outlet in mine)
        {
            var waits = outlet.Session is not null && asked.OperationalStatus == OperationalStatus.Inoperative;
            busy |= waits;
            if (waits) scheduled[outlet.Evse] = asked.OperationalStatus;
            else Apply(outlet, asked.OperationalStatus);
        }

        return Answer(busy ? ChangeAvailabilityStatus.Scheduled : ChangeAvailabilityStatus.Accepted);
    }

    internal ResetResponse Reset(ResetRequest asked)
    {
        ResetResponse Answer(ResetStatus status, string? code = null) => new() { Status = status, StatusInfo = code is null ? null : new StatusInfo { ReasonCode = code } };
        var station = device.Station;
        if (device.Files.Updating) return Answer(ResetStatus.Rejected, "FwUpdateInProgress");
        if (asked.EvseId is { } id && id != 0)
        {
            if (station.Outlets.FirstOrDefault(o => o.Evse == id) is not { } outlet) return Answer(ResetStatus.Rejected, "UnknownEvse");
            if (outlet.Session is not null && asked.Type == Penstock.Ocpp.V21.Reset.OnIdle) return Answer(ResetStatus.Rejected, "TxInProgress"); // only the whole station waits
            station.End(outlet, Reason.ImmediateReset, TriggerReason.ResetCommand);
            station.SayStatus(id);
            return Answer(ResetStatus.Accepted);
        }

        if (asked.Type == Penstock.Ocpp.V21.Reset.OnIdle && station.Outlets.Any(o => o.Session is not null))
        {
            resetOnIdle = true;
            return Answer(ResetStatus.Scheduled);
        }

        if (asked.Type != Penstock.Ocpp.V21.Reset.ImmediateAndResume) foreach (var outlet in station.Outlets) station.End(outlet, Reason.ImmediateReset, TriggerReason.ResetCommand);
        Reboot(BootReason.RemoteReset);
        return Answer(ResetStatus.Accepted);
    }

    /// <summary>Does what waited, when the last transaction has ended.</summary>
    internal void Tick()
    {
        if (scheduled.Count > 0)
        {
            foreach (var outlet in device.Station.Outlets) if (outlet.Session is null && scheduled.Remove(outlet.Evse, out var status)) Apply(outlet, status);
        }

        if (!resetOnIdle || device.Station.Outlets.Any(o => o.Session is not null)) return;
        resetOnIdle = false;
        Reboot(BootReason.ScheduledReset);
    }

    private void Apply(Outlet outlet, OperationalStatus status)
    {
        scheduled.Remove(outlet.Evse);
        var inoperative = status == OperationalStatus.Inoperative;
        if (inoperative) device.Reservations.Remove(outlet.Evse);
        if (outlet.Inoperative == inoperative) return;
        outlet.Inoperative = inoperative;
        device.Station.SayStatus(outlet.Evse);
    }

    private void Reboot(BootReason reason)
    {
        device.Note($"reboot: {reason}", security: true);
        device.Station.Reboot(reason);
    }
}
