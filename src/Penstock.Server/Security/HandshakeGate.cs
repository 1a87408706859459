using System.Globalization;
using System.Net;
using NodaTime;
using Penstock.Core.Sites;
using Penstock.Server.Hosting;
using Penstock.Server.Sites;

namespace Penstock.Server.Security;

/// <summary>Lets stations in or tells them over HTTP why not: 401, 403, 404, 429. Its clock is the wall's, whatever clock the platform runs on.</summary>
public sealed class HandshakeGate
{
    /// <summary>Told to a station that meets a full queue of passwords.</summary>
    private static readonly Duration BusyWait = Duration.FromSeconds(10);

    private readonly SecurityOptions options;
    private readonly CredentialBook book;
    private readonly SiteDirectory sites;
    private readonly SecurityEvents events;
    private readonly CertificateShelf shelf;
    private readonly TimeProvider time = TimeProvider.System;
    private readonly HandshakeLimits limits;

    public HandshakeGate(ServerOptions options, CredentialBook book, SiteDirectory sites, SecurityEvents events, CertificateShelf shelf)
    {
        (this.options, this.book, this.sites, this.events, this.shelf) = (options.Security, book, sites, events, shelf);
        limits = new HandshakeLimits(this.options);
    }

    internal PasswordCheck Passwords { get; } = new();

    /// <returns>The profile that the station came with; null = it was refused and told.</returns>
    public async Task<SecurityProfile?> AdmitAsync(HttpContext context, StationId station)
    {
        var remote = context.Connection.RemoteIpAddress;
        var (now, loopback, address) = (time.Now(), remote is not null && IPAddress.IsLoopback(remote), HandshakeLimits.KeyOf(remote));
        if (limits.Rate(address, loopback, now) is { } full) return await LaterAsync(context, full, "Too many handshakes at once.");
        if (limits.Blocked(station, address, now) is { } blocked) return await LaterAsync(context, blocked, "Too many failed tries.");
        var shown = new Handshake(station, context.Request.IsHttps, loopback, BasicAuthorization.Read(context.Request.Headers.Authorization, station.Value), StationListeners.CertificateOf(context));
        var known = book.Find(station);
        var (profile, match) = (default(SecurityProfile), PasswordMatch.Neither);
        switch (HandshakeRules.Decide(shown, known, sites.Of(station) is not null, options))
        {
            case Verdict.Admitted admitted:
                profile = admitted.Profile;
                break;
            case Verdict.ByPassword by:
                match = await Passwords.MatchAsync(known!, by.Password, context.RequestAborted);
                if (match == PasswordMatch.Busy) return await LaterAsync(context, BusyWait, "Too many passwords are being looked at.");
                if (match == PasswordMatch.Neither) return await RefuseAsync(context, station, address, now, new Verdict.Refused(StatusCodes.Status401Unauthorized, HandshakeRules.Failed, $"The password of station {station} is wrong."));
                profile = by.Profile;
                break;
            case Verdict.Refused refused:
                return await RefuseAsync(context, station, address, now, refused);
        }

        limits.Succeeded(station, address);
        if (known is not null) book.Came(known, profile, match, now);
        if (profile == SecurityProfile.MutualTls) shelf.Came(station, shown.Certificate!, now);
        return profile;
    }

    private async Task<SecurityProfile?> RefuseAsync(HttpContext context, StationId station, string address, Instant now, Verdict.Refused refused)
    {
        limits.Failed(station, address, refused.Status == StatusCodes.Status401Unauthorized, now);
        events.Refused(station, refused, address, now);
        if (refused.Status == StatusCodes.Status401Unauthorized) context.Response.Headers.WWWAuthenticate = "Basic realm=\"ocpp\", charset=\"UTF-8\"";
        return await AnswerAsync(context, refused.Status, refused.Text);
    }

    private static Task<SecurityProfile?> LaterAsync(HttpContext context, Duration wait, string text)
    {
        var seconds = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        context.Response.Headers.RetryAfter = seconds;
        return AnswerAsync(context, StatusCodes.Status429TooManyRequests, $"{text} Come again in {seconds} s.");
    }

    private static async Task<SecurityProfile?> AnswerAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync(text, context.RequestAborted);
        return null;
    }
}
