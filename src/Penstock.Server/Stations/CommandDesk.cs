using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using NodaTime;
using NodaTime.Serialization.SystemTextJson;
using Penstock.Core.Sites;
using Penstock.Server.Gateway;
using Penstock.Server.Hosting;
using Penstock.Server.Storage;

namespace Penstock.Server.Stations;

/// <summary>Commands from the moment they are given until their effect is seen. Each step is on disk before the next; after a crash an open command counts as failed.</summary>
public sealed class CommandDesk
{
    /// <summary>Commands of one station that wait for an effect; the oldest is given up.</summary>
    public const int OpenMax = 100;

    /// <summary>Commands remembered; the oldest go.</summary>
    public const int KeptMax = 100_000;

    /// <summary>How long an accepted command may take to show its effect; a download may take as long.</summary>
    public static readonly Duration EffectMax = Duration.FromMinutes(30);

    private static readonly JsonSerializerOptions Json = new JsonSerializerOptions(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } }.ConfigureForNodaTime(DateTimeZoneProviders.Tzdb);
    private readonly ConcurrentDictionary<StationId, ConcurrentQueue<Open>> open = new();
    private readonly SqlStore store;
    private readonly TimeProvider time;

    public CommandDesk(SqlStore store, TimeProvider time)
    {
        (this.store, this.time) = (store, time);
        foreach (var left in Query("WHERE json_extract(body, '$.state') IN ('Queued', 'Sent')", new { })) Save(left with { State = CommandState.Failed, ErrorCode = "restarted", ErrorText = "The platform stopped before the station answered; give the command again." });
    }

    public CommandRecord? Find(string id) => Query("WHERE command_id = @id", new { id }).FirstOrDefault();

    /// <summary>Newest first.</summary>
    public IReadOnlyList<CommandRecord> Of(StationId station, int most) => Query("WHERE station_id = @Station ORDER BY queued_at DESC LIMIT @most", new { Station = station.Value, most });

    public IReadOnlyList<CommandRecord> OfBulk(string bulk) => Query("WHERE json_extract(body, '$.bulk') = @bulk ORDER BY station_id", new { bulk });

    internal CommandRecord Begin(StationId station, string action, JsonElement payload, string? bulk)
    {
        var command = new CommandRecord(Guid.CreateVersion7().ToString("N"), station, action, payload, bulk, CommandState.Queued, time.Now(), ExpectedEffect.Of(action, payload) is not null);
        store.Execute("INSERT INTO command (command_id, station_id, action, queued_at, body) VALUES (@Id, @Station, @action, @At, @Body)",
            new { command.Id, Station = station.Value, action, At = command.QueuedAt.ToUnixTimeMilliseconds(), Body = JsonSerializer.Serialize(command, Json) });
        store.Execute("DELETE FROM command WHERE rowid <= (SELECT MAX(rowid) FROM command) - @KeptMax", new { KeptMax });
        if (command.ExpectsEffect) Wait(command);
        return command;
    }

    internal CommandRecord Save(CommandRecord command)
    {
        store.Execute("UPDATE command SET body = @Body WHERE command_id = @Id", new { command.Id, Body = JsonSerializer.Serialize(command, Json) });
        return command;
    }

    /// <summary>The station answered; the effect may have been seen before the answer was.</summary>
    internal CommandRecord Answered(CommandRecord command)
    {
        if (!open.TryGetValue(command.Station, out var waiting) || waiting.FirstOrDefault(o => o.Id == command.Id) is not { } mine) return Save(command);
        lock (mine)
        {
            mine.Answered = true;
            if (command.State == CommandState.Accepted) return Save(mine.SeenAt is { } seen ? command with { State = CommandState.Effective, EffectAt = seen } : command);
            mine.SeenAt ??= command.AnsweredAt; // it waits for nothing, and takes no effect from another
            return Save(command);
        }
    }

    /// <summary>A message of the station that was answered: it may be what a command waits for.</summary>
    internal void Seen(StationMessage message)
    {
        if (!open.TryGetValue(message.Station, out var waiting)) return;
        foreach (var one in waiting)
        {
            if (one.SeenAt is not null || !one.Shows(message)) continue;
            lock (one)
            {
                one.SeenAt = message.Now;
                if (one.Answered && Find(one.Id) is { State: CommandState.Accepted } command) Save(command with { State = CommandState.Effective, EffectAt = message.Now });
            }

            break; // one message shows one command
        }

        Drop(waiting, message.Now);
    }

    private void Wait(CommandRecord command)
    {
        var waiting = open.GetOrAdd(command.Station, _ => new ConcurrentQueue<Open>());
        waiting.Enqueue(new Open(command.Id, ExpectedEffect.Of(command.Action, command.Payload)!, command.QueuedAt + EffectMax));
        while (waiting.Count > OpenMax && waiting.TryDequeue(out _)) { }
    }

    private static void Drop(ConcurrentQueue<Open> waiting, Instant now)
    {
        while (waiting.TryPeek(out var first) && (first is { SeenAt: not null, Answered: true } || first.Until < now) && waiting.TryDequeue(out _)) // an effect may be seen before the answer: it waits for it
        {
        }
    }

    /// <summary>An accepted command whose time is over had no effect, also where the station says nothing any more.</summary>
    private CommandRecord AsOfNow(CommandRecord command) =>
        command is { State: CommandState.Accepted, ExpectsEffect: true } && command.QueuedAt + EffectMax < time.Now() ? command with { State = CommandState.NoEffect } : command;

    private List<CommandRecord> Query(string where, object parameters) => store.Query<string>($"SELECT body FROM command {where}", parameters).ConvertAll(b => AsOfNow(JsonSerializer.Deserialize<CommandRecord>(b, Json)!));

    private sealed class Open(string id, Func<StationMessage, bool> shows, Instant until)
    {
        internal string Id => id;

        internal Func<StationMessage, bool> Shows => shows;

        internal Instant Until => until;

        internal Instant? SeenAt { get; set; }

        internal bool Answered { get; set; }
    }
}
