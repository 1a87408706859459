using System.Collections.Concurrent;
using Penstock.Core.Sites;
using Penstock.Ocpp.Rpc;

namespace Penstock.Server.Gateway;

/// <summary>The connected stations. A session is (station, epoch): the newest socket wins, and a clean-up of an older epoch touches nothing.</summary>
public sealed class StationRegistry
{
    private readonly ConcurrentDictionary<StationId, Session> sessions = new();
    private long lastEpoch;

    public IReadOnlyCollection<StationId> Online => [.. sessions.Keys];

    public IReadOnlyList<(string Protocol, int Count)> ByVersion() =>
        [.. sessions.Values.GroupBy(s => s.Connection.Version).OrderBy(g => g.Key).Select(g => (Subprotocol.Name(g.Key), g.Count()))];

    public OcppConnection? Find(StationId station) => sessions.TryGetValue(station, out var session) ? session.Connection : null;

    /// <summary>Takes the station over; the older socket, if any, is told to stop.</summary>
    /// <returns>The new session, and the end of the older one.</returns>
    internal (Session Mine, Task OlderEnded) Enter(StationId station, Func<long, Session> open)
    {
        var mine = open(Interlocked.Increment(ref lastEpoch));
        Session? older = null;
        sessions.AddOrUpdate(station, mine, (_, current) =>
        {
            older = current;
            return mine;
        });
        older?.End();
        return (mine, older?.Ended ?? Task.CompletedTask);
    }

    /// <returns>False when a newer socket has taken over.</returns>
    internal bool Leave(StationId station, Session mine) => sessions.TryRemove(KeyValuePair.Create(station, mine));

    internal sealed class Session(long epoch, OcppConnection connection, CancellationTokenSource stop)
    {
        private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal long Epoch => epoch;

        internal OcppConnection Connection => connection;

        /// <summary>Completes when the last message of this socket is done with.</summary>
        internal Task Ended => ended.Task;

        internal void HasEnded() => ended.TrySetResult();

        internal void End()
        {
            try
            {
                stop.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // it ended by itself in this moment
            }
        }
    }
}
