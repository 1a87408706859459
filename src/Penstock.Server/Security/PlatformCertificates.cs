using System.Security.Cryptography.X509Certificates;
using NodaTime;
using Penstock.Server.Hosting;

namespace Penstock.Server.Security;

/// <summary>What the platform itself stands on.</summary>
public enum CertificateRole
{
    /// <summary>What stations see over TLS.</summary>
    Server,

    /// <summary>Sent with the server's, between it and a root.</summary>
    ServerChain,

    /// <summary>Signs the certificates of stations.</summary>
    StationAuthority,

    /// <summary>One of StationAuthorities.</summary>
    TrustedAuthority,
}

public enum ExpiryWarning
{
    Soon,
    Urgent,
    Expired,
}

/// <summary>A certificate without which stations stay out once it is over.</summary>
public sealed record PlatformCertificate(CertificateRole Role, string Subject, string Serial, Instant NotAfter)
{
    /// <summary>Warnings begin this many days before the end, and become urgent.</summary>
    public const int SoonDays = 30, UrgentDays = 7;

    /// <summary>Whole days left, below 0 after the end.</summary>
    public int DaysLeft(Instant now) => (int)Math.Floor((NotAfter - now).TotalDays);

    /// <summary>Null = there is time.</summary>
    public ExpiryWarning? Warning(Instant now) => now >= NotAfter ? ExpiryWarning.Expired : DaysLeft(now) < UrgentDays ? ExpiryWarning.Urgent : DaysLeft(now) < SoonDays ? ExpiryWarning.Soon : null;
}

/// <summary>The platform's own certificates as the files say now, those that end first at the front.</summary>
public sealed class PlatformCertificates(SecurityOptions options, StationCertificateAuthority authority, IServiceProvider services)
{
    public IReadOnlyList<PlatformCertificate> All => [.. Read().OrderBy(c => c.NotAfter)];

    /// <summary>Those with a warning, the most urgent first.</summary>
    public IReadOnlyList<PlatformCertificate> Ending(Instant now) => [.. All.Where(c => c.Warning(now) is not null)];

    private IEnumerable<PlatformCertificate> Read()
    {
        if (options.TlsPort is not null)
        {
            var context = services.GetRequiredService<ServerCertificate>().Context;
            yield return Of(CertificateRole.Server, context.TargetCertificate);
            foreach (var between in context.IntermediateCertificates) yield return Of(CertificateRole.ServerChain, between);
        }

        if (authority.Certificate is { } own) yield return Of(CertificateRole.StationAuthority, own);
        foreach (var trusted in services.GetRequiredService<StationTrust>().Configured) yield return Of(CertificateRole.TrustedAuthority, trusted);
    }

    private static PlatformCertificate Of(CertificateRole role, X509Certificate2 c) => new(role, c.Subject, c.SerialNumber.TrimStart('0'), Instant.FromDateTimeUtc(c.NotAfter.ToUniversalTime()));
}

/// <summary>Tells the log of certificates that end.</summary>
internal sealed class PlatformCertificateWatch(PlatformCertificates certificates, ILogger<PlatformCertificateWatch> log) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var reminders = new ExpiryReminders();
        using var timer = new PeriodicTimer(LookEvery, TimeProvider.System);
        do
        {
            var now = TimeProvider.System.Now();
            foreach (var (certificate, warning) in reminders.Due(certificates.All, now)) SecurityTexts.Ends(log, warning, certificate.Role, certificate.Subject, certificate.Serial, certificate.NotAfter.ToDateTimeOffset(), certificate.DaysLeft(now));
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}

/// <summary>A certificate that ends is told when its warning rises, and once a day while it stands.</summary>
internal sealed class ExpiryReminders
{
    private static readonly Duration RepeatEvery = Duration.FromDays(1);

    private Dictionary<PlatformCertificate, (ExpiryWarning Warning, Instant At)> told = [];

    /// <summary>What is to be told now; it counts as told.</summary>
    internal IReadOnlyList<(PlatformCertificate Certificate, ExpiryWarning Warning)> Due(IReadOnlyList<PlatformCertificate> all, Instant now)
    {
        var (due, next) = (new List<(PlatformCertificate, ExpiryWarning)>(), new Dictionary<PlatformCertificate, (ExpiryWarning, Instant)>());
        foreach (var certificate in all.Distinct())
        {
            if (certificate.Warning(now) is not { } warning) continue;
            var known = told.TryGetValue(certificate, out var before) && before.Warning == warning && now - before.At < RepeatEvery;
            if (!known) due.Add((certificate, warning));
            next[certificate] = known ? before : (warning, now);
        }

        told = next; // what was replaced is forgotten
        return due;
    }
}
