using Penstock.Core.Dispatching;
using Penstock.Core.Sites;

namespace Penstock.Server.Gateway;

/// <summary>The way from the site loop to the wire.</summary>
public interface IStationCommands
{
    /// <summary>
    /// Queues the setpoint for the EVSE's station and returns at once; a queued older setpoint of the same EVSE is replaced. The outcome comes back
    /// to the site as <see cref="SetpointAccepted"/> or <see cref="SetpointRefused"/>. Call it again before the dead-man duration ends.
    /// </summary>
    void Send(SessionId session, Setpoint setpoint);

    /// <summary>Begins a remedy against an EVSE that does not do what it accepted, and returns at once. It is journaled and logged with its outcome.</summary>
    void Try(SessionId session, EvseId evse, Remedy remedy);
}
