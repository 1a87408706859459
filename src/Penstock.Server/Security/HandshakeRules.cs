using Penstock.Core.Sites;

namespace Penstock.Server.Security;

/// <summary>What a socket shows before it is one.</summary>
/// <param name="Loopback">It comes from this machine.</param>
/// <param name="Certificate">Null = it showed none.</param>
public sealed record Handshake(StationId Station, bool Tls, bool Loopback, BasicAuthorization Basic, PresentedCertificate? Certificate);

/// <summary>What becomes of a handshake.</summary>
public abstract record Verdict
{
    private Verdict() { }

    public sealed record Admitted(SecurityProfile Profile) : Verdict;

    /// <summary>Admitted with this profile when the password is one of the station's.</summary>
    public sealed record ByPassword(SecurityProfile Profile, byte[] Password) : Verdict;

    /// <param name="Code">What happened, as kept among the security events.</param>
    public sealed record Refused(int Status, string Code, string Text) : Verdict;
}

/// <summary>The rules of admission as a pure function.</summary>
public static class HandshakeRules
{
    public const string Downgrade = "SecurityProfileDowngrade", Failed = "FailedToAuthenticate", BadCertificate = "InvalidStationCertificate", Unknown = "UnknownStation", TooLow = "SecurityProfileTooLow";

    /// <param name="known">The station's credentials; null = none.</param>
    /// <param name="member">It belongs to a site.</param>
    public static Verdict Decide(Handshake shown, StationCredentials? known, bool member, SecurityOptions options)
    {
        var certificateFault = shown.Certificate?.FaultFor(shown.Station.Value, options.Organization);
        var came = Shown(shown, certificateFault);
        var least = (SecurityProfile)options.SecurityProfileMin;
        if (known is not null && came < known.Profile) return Below(shown, came, known.Profile, certificateFault, HandshakeRules.Downgrade);
        if (known is null && !member) return Stranger(shown, came, least, certificateFault, options.UnknownStations);
        if (came < least) return Below(shown, came, least, certificateFault, TooLow);
        if (came == SecurityProfile.MutualTls) return new Verdict.Admitted(came);
        if (known is { Password: not null } || (known is { Next.Password: not null } && shown.Basic.Password is not null)) return ByPassword(shown, came);
        return least == SecurityProfile.None && (shown.Loopback || options.ProfileZeroAnywhere)
            ? new Verdict.Admitted(SecurityProfile.None)
            : new Verdict.Refused(StatusCodes.Status401Unauthorized, Failed, $"Station {shown.Station} has no credentials here and does not come from this machine; give it some: PUT /api/v1/stations/{shown.Station}/credentials.");
    }

    private static SecurityProfile Shown(Handshake shown, string? certificateFault) => (shown.Tls, shown.Basic.Password) switch
    {
        (true, _) when shown.Certificate is not null && certificateFault is null => SecurityProfile.MutualTls,
        (true, not null) => SecurityProfile.TlsWithBasic,
        (false, not null) => SecurityProfile.Basic,
        _ => SecurityProfile.None,
    };

    private static Verdict ByPassword(Handshake shown, SecurityProfile came) => shown.Basic.Password is { } password
        ? new Verdict.ByPassword(came, password)
        : NoPassword(shown);

    private static Verdict.Refused NoPassword(Handshake shown) =>
        new(StatusCodes.Status401Unauthorized, Failed, shown.Basic.Fault ?? $"Station {shown.Station} comes without a password; send HTTP Basic with the user {shown.Station}.");

    /// <summary>Less than what is asked for. A missing password is asked for (401); a lower transport is no matter of passwords (403).</summary>
    private static Verdict.Refused Below(Handshake shown, SecurityProfile came, SecurityProfile least, string? certificateFault, string code) =>
        least == SecurityProfile.MutualTls && shown.Certificate is not null ? new(StatusCodes.Status403Forbidden, BadCertificate, certificateFault!)
        : least <= SecurityProfile.TlsWithBasic && shown.Tls == (least == SecurityProfile.TlsWithBasic) && shown.Basic.Password is null ? NoPassword(shown)
        : new(StatusCodes.Status403Forbidden, code, $"Station {shown.Station} comes with security profile {(int)came}; {(code == Downgrade ? "it is known at" : "this platform asks for")} {(int)least}. Use {Wanted(least)}.");

    private static Verdict Stranger(Handshake shown, SecurityProfile came, SecurityProfile least, string? certificateFault, UnknownStations admitted) => admitted switch
    {
        >= UnknownStations.WithCertificate when came == SecurityProfile.MutualTls => new Verdict.Admitted(came),
        UnknownStations.Anywhere when least == SecurityProfile.None => new Verdict.Admitted(SecurityProfile.None),
        UnknownStations.OnLoopback when least == SecurityProfile.None && shown.Loopback => new Verdict.Admitted(SecurityProfile.None),
        >= UnknownStations.WithCertificate when certificateFault is not null => new Verdict.Refused(StatusCodes.Status403Forbidden, BadCertificate, certificateFault),
        _ => new Verdict.Refused(StatusCodes.Status404NotFound, Unknown, $"There is no station {shown.Station} here. Its operator makes it known with PUT /api/v1/stations/{shown.Station}/credentials."),
    };

    private static string Wanted(SecurityProfile profile) => profile switch
    {
        SecurityProfile.MutualTls => "wss with a client certificate that names the station",
        SecurityProfile.TlsWithBasic => "wss with HTTP Basic",
        _ => "HTTP Basic",
    };
}
