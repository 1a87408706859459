using System.Collections.Concurrent;
using Penstock.Core.Dispatching;
using Penstock.Core.Sites;
using Penstock.Core.Units;
using Penstock.Ocpp.Rpc;
using Penstock.Ocpp.V21.V2x;
using Penstock.Server.Hosting;
using Penstock.Server.Sites;
using V16 = Penstock.Ocpp.V16;
using V201 = Penstock.Ocpp.V201;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Server.Gateway;

/// <summary>Setpoints as charging profiles: 2.1 by CentralSetpoint on a Dynamic profile, 2.0.1 and 1.6 by limits, negative only where the layout allows it.</summary>
public sealed class StationCommands(StationRegistry registry, WorkInFlight work, TimeProvider time) : IStationCommands
{
    /// <summary>Without news for this long a station falls back to charging only.</summary>
    public const int DeadManSeconds = 300;

    private readonly ConcurrentDictionary<EvseId, Installed> installed = new();

    /// <summary>Finds the site of a station; set once by the host.</summary>
    public Func<StationId, ISite?> SiteOf { get; set; } = _ => null;

    public void Send(SessionId session, Setpoint setpoint)
    {
        if (registry.Find(setpoint.Evse.Station) is not { } connection || SiteOf(setpoint.Evse.Station) is not { } site) return;
        if (site.Snapshot.Evses.GetValueOrDefault(setpoint.Evse) is not { Session: { } open } evse || open.Id != session) return;
        work.Begin();
        _ = SendAsync(connection, site, evse, open.TransactionId, setpoint);
    }

    /// <summary>The setpoint profile of an EVSE was replaced by another: the next setpoint is sent whole.</summary>
    internal void Forget(EvseId evse) => installed.TryRemove(evse, out _);

    private async Task SendAsync(OcppConnection connection, ISite site, EvseState evse, string transaction, Setpoint setpoint)
    {
        try
        {
            var (status, said) = connection.Version switch
            {
                OcppVersion.V16 => await Say16Async(connection, setpoint, transaction),
                OcppVersion.V201 => await Say201Async(connection, setpoint, transaction),
                _ => await Say21Async(connection, evse, setpoint, transaction),
            };
            if (status is CallStatus.Superseded or CallStatus.Closed) return; // a newer one is on its way, or the link is gone: it is said again when the station is back
            if (status == CallStatus.Answered && said == "Accepted") site.Post(new SetpointAccepted(time.Now(), setpoint.Evse, setpoint.Power));
            else site.Post(new SetpointRefused(time.Now(), setpoint.Evse, setpoint.Power, said ?? status.ToString()));
        }
        finally
        {
            work.End();
        }
    }

    private async Task<(CallStatus Status, string? Said)> Say21Async(OcppConnection connection, EvseState layout, Setpoint setpoint, string transaction)
    {
        var (evse, watts) = (setpoint.Evse.Number, Rounded(setpoint.Power));
        var here = new Installed(connection, transaction);
        if (installed.TryGetValue(setpoint.Evse, out var before) && before == here)
        {
            var update = await connection.CallAsync<V21.UpdateDynamicScheduleRequest, V21.UpdateDynamicScheduleResponse>(V2xProfile.Update(evse, watts), CallPriority.Setpoint, $"setpoint:{evse}");
            if (update is not { Status: CallStatus.Answered, Response.Status: not V21.ChargingProfileStatus.Accepted }) return (update.Status, update.Response?.Status.ToString() ?? update.ErrorCode);
            installed.TryRemove(setpoint.Evse, out _); // the profile is gone there: send it whole
        }

        if (before?.Connection != connection)
        {
            await connection.CallAsync<V21.SetChargingProfileRequest, V21.SetChargingProfileResponse>(
                new V21.SetChargingProfileRequest { EvseId = evse, ChargingProfile = V2xProfile.ChargingOnlyDefault(Rounded(layout.Layout.ChargeMax)) }, CallPriority.Safety, $"default:{evse}");
        }

        var whole = await connection.CallAsync<V21.SetChargingProfileRequest, V21.SetChargingProfileResponse>(
            new V21.SetChargingProfileRequest { EvseId = evse, ChargingProfile = V2xProfile.CentralSetpoint(evse, transaction, watts, DeadManSeconds) }, CallPriority.Setpoint, $"profile:{evse}");
        if (whole.Response?.Status == V21.ChargingProfileStatus.Accepted) installed[setpoint.Evse] = here;
        return (whole.Status, whole.Response?.Status.ToString() ?? whole.ErrorCode);
    }

    private static async Task<(CallStatus Status, string? Said)> Say201Async(OcppConnection connection, Setpoint setpoint, string transaction)
    {
        var answer = await connection.CallAsync<V201.SetChargingProfileRequest, V201.SetChargingProfileResponse>(
            LimitProfiles.For201(setpoint.Evse.Number, transaction, Rounded(setpoint.Power), DeadManSeconds), CallPriority.Setpoint, $"setpoint:{setpoint.Evse.Number}");
        return (answer.Status, answer.Response?.Status.ToString() ?? answer.ErrorCode);
    }

    private static async Task<(CallStatus Status, string? Said)> Say16Async(OcppConnection connection, Setpoint setpoint, string transaction)
    {
        var answer = await connection.CallAsync<V16.SetChargingProfileRequest, V16.SetChargingProfileResponse>(
            LimitProfiles.For16(setpoint.Evse.Number, int.Parse(transaction, System.Globalization.CultureInfo.InvariantCulture), Rounded(setpoint.Power), DeadManSeconds),
            CallPriority.Setpoint, $"setpoint:{setpoint.Evse.Number}");
        return (answer.Status, answer.Response?.Status.ToString() ?? answer.ErrorCode);
    }

    /// <summary>0.1 W steps: schedules carry one decimal.</summary>
    internal static decimal Rounded(Power power) => Math.Round((decimal)power.Watts, 1, MidpointRounding.ToZero);

    private sealed record Installed(OcppConnection Connection, string Transaction);
}
