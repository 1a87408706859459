using System.Collections.Concurrent;
using System.Globalization;
using Penstock.Core.Sites;
using Penstock.Ocpp.Rpc;

namespace Penstock.Server.Gateway;

/// <summary>The connected stations. A session is (station, epoch): the newest socket wins, and a clean-up of an older epoch touches nothing.</summary>
public sealed class StationRegistry(TimeProvider time)
{
    private readonly long startedAt = time.GetUtcNow().ToUnixTimeSeconds();
    private readonly ConcurrentDictionary<StationId, Session> sessions = new();
    private long lastEpoch;

    public IReadOnlyCollection<StationId> Online => [.. sessions.Keys];

    public IReadOnlyList<(string Protocol, int Count)> ByVersion() =>
        [.. sessions.Values.GroupBy(s => s.Connection.Version).OrderBy(g => g.Key).Select(g => (Subprotocol.Name(g.Key), g.Count()))];

    public OcppConnection? Find(StationId station) => sessions.TryGetValue(station, out var session) ? session.Connection : null;

    /// <summary>The epoch of a socket that is asking to come in: sockets are as new as their requests, whichever handshake ends first.</summary>
    internal long NextEpoch() => Interlocked.Increment(ref lastEpoch);

    /// <summary>Begins the ids of our calls on the socket of an epoch: unlike those of every other socket, of an earlier run of the program too.</summary>
    internal string IdPrefix(long epoch) => string.Create(CultureInfo.InvariantCulture, $"{startedAt:x}-{epoch:x}-");

    /// <summary>Takes the station over; the older socket, if any, is told to stop.</summary>
    /// <returns>The end of the older socket; null when a newer one is there already and this one must go.</returns>
    internal Task? Enter(StationId station, Session mine)
    {
        Session? older = null;
        var inside = sessions.AddOrUpdate(station, mine, (_, current) =>
        {
            older = current.Epoch < mine.Epoch ? current : null;
            return older is null ? current : mine;
        });
        older?.End();
        return inside == mine ? older?.Ended ?? Task.CompletedTask : null;
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
