namespace Penstock.Server.Security;

/// <summary>What security tells the log; event ids from 1100.</summary>
internal static partial class SecurityTexts
{
    [LoggerMessage(1101, LogLevel.Warning, "Station {Station} from {Address} was refused with {Status} {Code}: {Text} ({Unwritten} refusals before it are not listed)")]
    internal static partial void Refused(ILogger logger, string station, string address, int status, string code, string text, long unwritten);

    [LoggerMessage(1102, LogLevel.Error, "A security event of station {Station} could not be written: {Reason}")]
    internal static partial void EventUnwritten(ILogger logger, string station, string reason);

    [LoggerMessage(1103, LogLevel.Error, "{Files} cannot be read and what it said before stays in force: {Reason}")]
    internal static partial void FileUnreadable(ILogger logger, string files, string reason);

    [LoggerMessage(1104, LogLevel.Information, "Server certificate {Subject} in force, valid until {NotAfter}")]
    internal static partial void ServerCertificate(ILogger logger, string subject, DateTime notAfter);

    [LoggerMessage(1105, LogLevel.Warning, "The certificate of station {Station} expires in {Days} days, at {NotAfter}")]
    internal static partial void Expires(ILogger logger, string station, int days, DateTimeOffset notAfter);

    [LoggerMessage(1109, LogLevel.Warning, "{Warning}: the certificate {Role} {Subject}, serial {Serial}, ends at {NotAfter}, {Days} days left. Put a new one in its file: it is read while the server runs")]
    internal static partial void Ends(ILogger logger, ExpiryWarning warning, CertificateRole role, string subject, string serial, DateTimeOffset notAfter, int days);

    [LoggerMessage(1110, LogLevel.Warning, "The OCSP response of {Responder} for station {Station}, certificate {Serial}, is not passed on: {Reason}")]
    internal static partial void OcspRefused(ILogger logger, string responder, string station, string serial, string reason);

    [LoggerMessage(1106, LogLevel.Information, "Certificate {Serial} was signed for station {Station}, valid until {NotAfter}; the station answered {Answer}")]
    internal static partial void Signed(ILogger logger, string serial, string station, DateTimeOffset notAfter, string answer);

    [LoggerMessage(1107, LogLevel.Warning, "Station {Station} reported the security event {Type}: {Detail}")]
    internal static partial void Reported(ILogger logger, string station, string type, string? detail);

    [LoggerMessage(1108, LogLevel.Information, "Station {Station} upgrades to security profile {Profile}: {Outcome}")]
    internal static partial void Upgraded(ILogger logger, string station, int profile, string outcome);
}
