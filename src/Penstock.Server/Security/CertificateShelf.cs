using System.Security.Cryptography.X509Certificates;
using NodaTime;
using Penstock.Core.Sites;
using Penstock.Server.Storage;

namespace Penstock.Server.Security;

/// <summary>Where a station certificate is in its life. Expiry is a matter of the clock and is no state.</summary>
public enum CertificateState
{
    /// <summary>Signed here; the station has not answered for it.</summary>
    Signed,

    /// <summary>The station took it.</summary>
    Installed,

    /// <summary>The station did not take it.</summary>
    Rejected,

    /// <summary>The station came with it last.</summary>
    InUse,

    /// <summary>The station came with another one since; it is good until it expires.</summary>
    Replaced,
}

public sealed record StationCertificate(string Fingerprint, StationId Station, string Serial, string Subject, Instant NotBefore, Instant NotAfter, CertificateState State, Instant ChangedAt)
{
    /// <summary>Warnings begin this many days before the end.</summary>
    public const int WarnDays = 30;

    /// <summary>Whole days left, below 0 after the end.</summary>
    public int DaysLeft(Instant now) => (int)Math.Floor((NotAfter - now).TotalDays);

    public bool Expires(Instant now) => State is CertificateState.InUse or CertificateState.Installed && DaysLeft(now) < WarnDays;
}

/// <summary>The certificates of stations: those signed here, and those that stations came with.</summary>
public sealed class CertificateShelf(SqlStore store, ILogger<CertificateShelf> log)
{
    /// <summary>Certificates signed for one station in 24 hours; a station that asks on and on is refused.</summary>
    public const int SignedPerDayMax = 10;

    /// <summary>Certificates kept per station; the ones that expired first go.</summary>
    public const int KeptPerStation = 50;

    private readonly RecentTable<StationId, string> lastCame = new(HandshakeLimits.TableMax);

    /// <param name="station">Null = of all stations, those that expire first, at most 1,000.</param>
    public IReadOnlyList<StationCertificate> Of(StationId? station) =>
        store.Query<Row>("SELECT * FROM station_certificate WHERE @Id IS NULL OR station_id = @Id ORDER BY not_after LIMIT 1000", new { Id = station?.Value }).ConvertAll(r => r.Read());

    /// <summary>Why no more is signed now; null = it may be.</summary>
    public string? TooMany(StationId station, Instant now) =>
        store.First<int>("SELECT COUNT(*) FROM station_certificate WHERE station_id = @Id AND state <> 'InUse' AND not_before > @Since", new { Id = station.Value, Since = (now - Duration.FromDays(1)).ToUnixTimeMilliseconds() }) >= SignedPerDayMax
            ? $"{SignedPerDayMax} certificates were signed for station {station} within a day; ask again tomorrow."
            : null;

    public void Signed(StationId station, X509Certificate2 certificate, Instant now)
    {
        Put(station, PresentedCertificate.Of(certificate, null), CertificateState.Signed, now);
        store.Execute(
            "DELETE FROM station_certificate WHERE station_id = @Id AND state <> 'InUse' AND fingerprint NOT IN (SELECT fingerprint FROM station_certificate WHERE station_id = @Id ORDER BY not_after DESC LIMIT @Kept)",
            new { Id = station.Value, Kept = KeptPerStation });
    }

    public void Answered(X509Certificate2 certificate, bool accepted, Instant now) =>
        store.Execute("UPDATE station_certificate SET state = @State, changed_at = @At WHERE fingerprint = @Id AND state = 'Signed'", new
        {
            Id = PresentedCertificate.Of(certificate, null).Fingerprint, State = (accepted ? CertificateState.Installed : CertificateState.Rejected).ToString(), At = now.ToUnixTimeMilliseconds(),
        });

    /// <summary>The station came with it. Nothing is written while it comes with the same one.</summary>
    internal void Came(StationId station, PresentedCertificate certificate, Instant now)
    {
        var days = (int)(certificate.NotAfter - now).TotalDays;
        if (days < StationCertificate.WarnDays) SecurityTexts.Expires(log, station.Value, days, certificate.NotAfter.ToDateTimeOffset());
        if (lastCame.Find(station) == certificate.Fingerprint) return;
        store.Execute("UPDATE station_certificate SET state = 'Replaced', changed_at = @At WHERE station_id = @Id AND state = 'InUse' AND fingerprint <> @Fingerprint", new { Id = station.Value, At = now.ToUnixTimeMilliseconds(), certificate.Fingerprint });
        Put(station, certificate, CertificateState.InUse, now);
        lastCame.Put(station, certificate.Fingerprint);
    }

    private void Put(StationId station, PresentedCertificate c, CertificateState state, Instant now) => store.Execute(
        """
        INSERT INTO station_certificate VALUES (@Fingerprint, @Station, @Serial, @Subject, @NotBefore, @NotAfter, @State, @At)
        ON CONFLICT (fingerprint) DO UPDATE SET state = @State, changed_at = @At
        """,
        new
        {
            c.Fingerprint, Station = station.Value, Serial = c.SerialNumber, c.Subject, NotBefore = c.NotBefore.ToUnixTimeMilliseconds(), NotAfter = c.NotAfter.ToUnixTimeMilliseconds(), State = state.ToString(), At = now.ToUnixTimeMilliseconds(),
        });

    private sealed record Row(string fingerprint, string station_id, string serial, string subject, long not_before, long not_after, string state, long changed_at)
    {
        internal StationCertificate Read() => new(
            fingerprint, new StationId(station_id), serial, subject, Instant.FromUnixTimeMilliseconds(not_before), Instant.FromUnixTimeMilliseconds(not_after), Enum.Parse<CertificateState>(state), Instant.FromUnixTimeMilliseconds(changed_at));
    }
}
