using System.Collections.Immutable;
using Penstock.Core.Sites;
using Penstock.Core.Units;

namespace Penstock.Core.V2x;

/// <summary>How needs are answered (OCPP 2.1 NotifyEVChargingNeedsStatusEnumType).</summary>
public enum NeedsStatus
{
    Accepted, Rejected, Processing, NoChargingProfile,
}

/// <summary>The profile that follows an Accepted at once.</summary>
/// <param name="Setpoint">The setpoint that holds already; null = charge up to <paramref name="ChargeMax"/> first and be upgraded (Q02).</param>
/// <param name="ChargeMax">Rating of the EVSE.</param>
public sealed record FirstProfile(string TransactionId, Power? Setpoint, Power ChargeMax);

/// <summary>
/// The answer to NotifyEVChargingNeeds: from what is known now, without waiting for a plan (ISO 15118-20 gives the whole exchange two seconds). A service that is not allowed is
/// Rejected: the station then ends the transaction, the vehicle chooses another. An unknown vehicle is Processing: it may yet be identified.
/// </summary>
public sealed record NeedsAnswer(NeedsStatus Status, string Reason, FirstProfile? First, ImmutableArray<EnergyTransfer> Allowed)
{
    /// <param name="site">Null for a station that waits to join.</param>
    public static NeedsAnswer Of(SiteState? site, EvseId evse, VehicleNeeds needs)
    {
        if (site is null || !site.Evses.TryGetValue(evse, out var state)) return new NeedsAnswer(NeedsStatus.NoChargingProfile, "notPlanned", null, []);
        if (state.Session is not { } session) return new NeedsAnswer(NeedsStatus.Processing, "noTransaction", null, []);
        var permission = DischargePermission.Of(site.Layout, state.Layout, session);
        var allowed = AllowedTransfers.Under(permission);
        if (!allowed.Contains(needs.Requested))
        {
            return session.Vehicle is null
                ? new NeedsAnswer(NeedsStatus.Processing, "unknownVehicle", null, allowed)
                : new NeedsAnswer(NeedsStatus.Rejected, string.Join(", ", permission.Refusals), null, allowed);
        }

        var held = needs.Control != PowerControl.Scheduled && (permission.Holds || state.AcceptedSetpoint is not { IsDischarge: true }) ? state.AcceptedSetpoint : null;
        return new NeedsAnswer(NeedsStatus.Accepted, "accepted", new FirstProfile(session.TransactionId, held, state.Layout.ChargeMax), allowed);
    }
}
