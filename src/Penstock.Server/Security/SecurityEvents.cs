using Microsoft.Data.Sqlite;
using NodaTime;
using Penstock.Core.Sites;
using Penstock.Server.Storage;

namespace Penstock.Server.Security;

/// <param name="Source">"station" = it told so (SecurityEventNotification); "platform" = seen here.</param>
public sealed record SecurityEvent(Instant At, StationId Station, string Type, string Source, string? Detail);

/// <summary>Security events of stations and refusals of handshakes. What a station tells is on disk, once, before it is answered.</summary>
public sealed class SecurityEvents(SqlStore store, ILogger<SecurityEvents> log)
{
    /// <summary>Events kept per station; older ones go.</summary>
    public const int KeptPerStation = 200;

    /// <summary>Refusals written and logged: this burst and rate; those beyond are counted. A flood of handshakes fills no disk.</summary>
    public static readonly BucketSize RefusalsWritten = new(PerSecond: 5, Burst: 200);

    private readonly Lock gate = new();
    private TokenBucket bucket;
    private long refusals, unwritten;

    /// <summary>Handshakes refused with 401, 403 or 404 since the start.</summary>
    public long Refusals => Interlocked.Read(ref refusals);

    /// <summary>The event, once however often it is told, and the end of those beyond <see cref="KeptPerStation"/>.</summary>
    internal static IReadOnlyList<Projection> Rows(SecurityEvent happened) =>
    [
        new Projection(
            "INSERT OR IGNORE INTO security_event (at, station_id, type, source, detail) VALUES (@At, @Station, @Type, @Source, @Detail)",
            new { At = happened.At.ToUnixTimeMilliseconds(), Station = happened.Station.Value, happened.Type, happened.Source, Detail = happened.Detail ?? "" }),
        new Projection(
            "DELETE FROM security_event WHERE station_id = @Id AND sequence <= (SELECT sequence FROM security_event WHERE station_id = @Id ORDER BY sequence DESC LIMIT 1 OFFSET @Kept)",
            new { Id = happened.Station.Value, Kept = KeptPerStation }),
    ];

    /// <summary>Newest first.</summary>
    public IReadOnlyList<SecurityEvent> Of(StationId station) =>
        store.Query<(long At, string Type, string Source, string Detail)>("SELECT at, type, source, detail FROM security_event WHERE station_id = @Id ORDER BY sequence DESC", new { Id = station.Value })
            .ConvertAll(r => new SecurityEvent(Instant.FromUnixTimeMilliseconds(r.At), station, r.Type, r.Source, r.Detail.Length == 0 ? null : r.Detail));

    internal void Refused(StationId station, Verdict.Refused refused, string address, Instant now)
    {
        Interlocked.Increment(ref refusals);
        lock (gate)
        {
            (bucket, var wait) = bucket.Take(RefusalsWritten, now);
            if (wait is not null)
            {
                unwritten++;
                return;
            }
        }

        SecurityTexts.Refused(log, station.Value, address, refused.Status, refused.Code, refused.Text, Interlocked.Exchange(ref unwritten, 0));
        if (refused.Code == HandshakeRules.Unknown) return; // invented names would fill the table
        try
        {
            store.Execute(Rows(new SecurityEvent(now, station, refused.Code, "platform", $"{address}: {refused.Text}")));
        }
        catch (SqliteException e)
        {
            SecurityTexts.EventUnwritten(log, station.Value, e.Message);
        }
    }
}
