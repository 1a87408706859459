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

    public int Count => sessions.Count;

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
    internal Task? Enter(Session mine)
    {
        Session? older = null;
        var inside = sessions.AddOrUpdate(mine.Station, mine, (_, current) =>
        {
            older = current.Epoch < mine.Epoch ? current : null;
            return older is null ? current : mine;
        });
        older?.Connection.Cut();
        return inside == mine ? older?.Ended ?? Task.CompletedTask : null;
    }

    /// <returns>False when a newer socket has taken over.</returns>
    internal bool Leave(Session mine) => sessions.TryRemove(KeyValuePair.Create(mine.Station, mine));

    internal sealed class Session(StationId station, long epoch, OcppConnection connection)
    {
        private static readonly TaskCompletionSource Over = Completed();

        private TaskCompletionSource? ended; // made for a newer socket that waits; most never have one

        internal StationId Station => station;

        internal long Epoch => epoch;

        internal OcppConnection Connection => connection;

        /// <summary>Completes when the last message of this socket is done with.</summary>
        internal Task Ended
        {
            get
            {
                var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return (Interlocked.CompareExchange(ref ended, mine, null) ?? mine).Task;
            }
        }

        internal void HasEnded() => Interlocked.CompareExchange(ref ended, Over, null)?.TrySetResult();

        private static TaskCompletionSource Completed()
        {
            var source = new TaskCompletionSource();
            source.SetResult();
            return source;
        }
    }
}
