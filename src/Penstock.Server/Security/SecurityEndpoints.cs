using System.Text;
using Penstock.Core.Sites;
using Penstock.Server.Api;
using Penstock.Server.Gateway;
using Penstock.Server.Hosting;

namespace Penstock.Server.Security;

/// <param name="Password">Null = one is made where the profile needs one.</param>
public sealed record PutCredentials(int? SecurityProfile, string? Password);

/// <param name="Url">Null = Penstock:Security:PublicUrl.</param>
/// <param name="Slot">Slot of the network profile in 2.x (2).</param>
/// <param name="NewPassword">True = one is made and told to the station alone.</param>
public sealed record UpgradeStation(int? SecurityProfile, string? Password, string? Url, int? Slot, bool? NewPassword);

/// <param name="Password">The one that was made here, told this once; null = the operator gave it, or none is needed.</param>
public sealed record CredentialsView(string StationId, int SecurityProfile, string? Password);

public sealed record UpgradeView(string StationId, int SecurityProfile, string Outcome, string Detail);

public sealed record StationCertificateView(string StationId, string SerialNumber, string Fingerprint, string Subject, DateTimeOffset NotBefore, DateTimeOffset NotAfter, string State, int DaysLeft, bool ExpiresSoon);

/// <param name="Role">server, serverChain, stationAuthority, trustedAuthority.</param>
/// <param name="Warning">soon (30 days), urgent (7 days), expired; null = there is time.</param>
public sealed record PlatformCertificateView(string Role, string Subject, string SerialNumber, DateTimeOffset NotAfter, int DaysLeft, string? Warning);

public sealed record SecurityEventView(DateTimeOffset At, string Type, string Source, string? Detail);

/// <param name="SecurityProfile">Least that it may come with; null = it has no credentials.</param>
/// <param name="AwaitedProfile">What it was told to come with; null = nothing new.</param>
/// <param name="CameWithProfile">Null = it never came.</param>
public sealed record StationSecurityView(
    string StationId, int? SecurityProfile, int? AwaitedProfile, bool HasPassword, int? CameWithProfile, DateTimeOffset? LastSeen, string? RemoteAddress,
    IReadOnlyList<StationCertificateView> Certificates, IReadOnlyList<SecurityEventView> Events);

internal static class SecurityEndpoints
{
    /// <summary>Slots of network profiles that are told to a station.</summary>
    private const int SlotDefault = 2, SlotMax = 100;

    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapPut("/stations/{id}/credentials", Put);
        api.MapDelete("/stations/{id}/credentials", (string id, CredentialBook book) => book.Remove(new StationId(id)) ? Results.NoContent() : Problems.NotFound("station with credentials", id));
        api.MapGet("/stations/{id}/security", Get);
        api.MapPost("/stations/{id}/security/upgrade", UpgradeAsync);
        api.MapGet("/certificates", (CertificateShelf shelf) => new PageView<StationCertificateView>([.. shelf.Of(null).Select(View)], null));
        api.MapGet("/certificates/platform", (PlatformCertificates certificates) => new PageView<PlatformCertificateView>([.. certificates.All.Select(View)], null));
        api.MapGet("/certificates/authority", (StationCertificateAuthority authority) => Results.Text(authority.CertificateAt(TimeProvider.System.Now()).ExportCertificatePem() + "\n", "application/x-pem-file"));
    }

    private static IResult Put(string id, PutCredentials body, CredentialBook book)
    {
        var faults = Faults(id, body.SecurityProfile, body.Password).ToList();
        if (body.SecurityProfile is 0 or 3 && body.Password is not null) faults.Add(new Fault("/password", "useless", $"Security profile {body.SecurityProfile} has no password; leave it out."));
        if (faults.Count > 0) return Problems.Invalid(faults);
        var profile = (SecurityProfile)body.SecurityProfile!.Value;
        var made = body.Password is null && profile is SecurityProfile.Basic or SecurityProfile.TlsWithBasic ? StationPassword.Generate() : null;
        var hash = (made ?? body.Password) is { } password ? PasswordHash.Of(Encoding.UTF8.GetBytes(password), made is null ? PasswordHash.IterationsForChosen : PasswordHash.IterationsForGenerated).ToString() : null;
        book.Put(new StationCredentials(new StationId(id), profile, hash, null, TimeProvider.System.Now()));
        return Results.Ok(new CredentialsView(id, (int)profile, made));
    }

    private static IResult Get(string id, CredentialBook book, StationRoll roll, CertificateShelf shelf, SecurityEvents events)
    {
        var station = new StationId(id);
        var (known, seen) = (book.Find(station), roll.Find(station));
        return known is null && seen is null
            ? Problems.NotFound("station", id)
            : Results.Ok(new StationSecurityView(
                id, (int?)known?.Profile, (int?)known?.Next?.Profile, known?.Password is not null, (int?)seen?.SecurityProfile, seen?.LastSeen.ToDateTimeOffset(), seen?.RemoteAddress,
                [.. shelf.Of(station).Select(View)], [.. events.Of(station).Select(e => new SecurityEventView(e.At.ToDateTimeOffset(), e.Type, e.Source, e.Detail))]));
    }

    private static async Task<IResult> UpgradeAsync(string id, UpgradeStation body, CredentialBook book, StationRegistry registry, SecurityUpgrade upgrade, SecurityOptions options)
    {
        var station = new StationId(id);
        if (Faults(id, body.SecurityProfile, body.Password).ToList() is { Count: > 0 } faults) return Problems.Invalid(faults);
        if (registry.Find(station) is not { } connection) return Problems.Conflict("offline", $"Station {id} is not connected; an upgrade is told to it over its connection.");
        var (profile, known) = ((SecurityProfile)body.SecurityProfile!.Value, book.Find(station));
        var current = known?.Profile ?? SecurityProfile.None;
        if (profile < current) return Problems.Invalid([new Fault("/securityProfile", "downgrade", $"Station {id} is known at {(int)current}; a lower profile is set with PUT /api/v1/stations/{id}/credentials.")]);
        if (body.Slot is < 0 or > SlotMax) return Problems.Invalid([new Fault("/slot", "range", $"slot is 0 to {SlotMax}.")]);
        var needed = profile is SecurityProfile.Basic or SecurityProfile.TlsWithBasic && (known?.Password is null || body.NewPassword == true);
        var made = needed && body.Password is null ? StationPassword.Generate() : null;
        var wish = new UpgradeWish(current, profile, body.Password ?? made, body.Url ?? options.PublicUrl, body.Slot ?? SlotDefault, made is not null);
        if (wish.Password is null && profile == current) return Problems.Invalid([new Fault("/securityProfile", "same", $"Station {id} is at {(int)current} already; give a higher one, a password, or newPassword: true.")]);
        if (UpgradeCalls.Fault(connection.Version, wish) is { } fault) return Problems.Invalid([new Fault(fault.StartsWith("url", StringComparison.Ordinal) ? "/url" : "/password", "unusable", fault)]);
        var outcome = await upgrade.RunAsync(connection, station, wish, TimeProvider.System.Now());
        return outcome.Answer == UpgradeAnswer.Refused
            ? Problems.Conflict("refusedByStation", $"Station {id} refused: {outcome.Text}. Nothing changed.")
            : Results.Ok(new UpgradeView(id, (int)profile, Names.Camel(outcome.Answer.ToString()), outcome.Text));
    }

    private static IEnumerable<Fault> Faults(string id, int? profile, string? password)
    {
        if (!OcppEndpoint.IsStationId(id)) yield return new Fault("", "stationId", $"The station id in the path must be 1 to {OcppEndpoint.StationIdLengthMax} letters, digits or -_.:*+=@| and not start with a dot.");
        if (profile is not (>= 0 and <= 3)) yield return new Fault("/securityProfile", "range", "securityProfile is 0 to 3.");
        if (password is not null && StationPassword.Fault(password) is { } fault) yield return new Fault("/password", "unusable", fault);
    }

    private static PlatformCertificateView View(PlatformCertificate c)
    {
        var now = TimeProvider.System.Now();
        return new PlatformCertificateView(Names.Camel(c.Role.ToString()), c.Subject, c.Serial, c.NotAfter.ToDateTimeOffset(), c.DaysLeft(now), c.Warning(now) is { } warning ? Names.Camel(warning.ToString()) : null);
    }

    private static StationCertificateView View(StationCertificate c)
    {
        var now = TimeProvider.System.Now();
        return new StationCertificateView(c.Station.Value, c.Serial, c.Fingerprint, c.Subject, c.NotBefore.ToDateTimeOffset(), c.NotAfter.ToDateTimeOffset(), c.NotAfter < now ? "expired" : Names.Camel(c.State.ToString()), c.DaysLeft(now), c.Expires(now));
    }
}
