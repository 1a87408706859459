using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Penstock.Server.Security;

/// <summary>Section "Penstock:Security". Paths are relative to the working folder.</summary>
public sealed record SecurityOptions
{
    /// <summary>Interface of the station ports below; null = that of Penstock:Address.</summary>
    public string? StationAddress { get; init; }

    /// <summary>Port for stations alone over ws, beside the operator's; null = none, 0 = a free one.</summary>
    [Range(0, 65535)]
    public int? StationPort { get; init; }

    /// <summary>Port for stations alone over wss; null = none, 0 = a free one.</summary>
    [Range(0, 65535)]
    public int? TlsPort { get; init; }

    /// <summary>The server's certificate with its chain: PEM, or PFX with its key. Read again when the file changes.</summary>
    public string? ServerCertificate { get; init; }

    /// <summary>PEM file of its key; null = the certificate's file holds it.</summary>
    public string? ServerKey { get; init; }

    /// <summary>Of the PFX file or of an encrypted key.</summary>
    public string? ServerKeyPassword { get; init; }

    /// <summary>PEM files of the authorities whose station certificates are taken, beside the platform's own. Read again when they change.</summary>
    public string[] StationAuthorities { get; init; } = [];

    /// <summary>File of revoked certificates: a serial number or SHA-256 fingerprint in hexadecimal per line, # begins a comment. Read again when it changes.</summary>
    public string? RevocationList { get; init; }

    /// <summary>Organisation (O) that station certificates must name; null = any.</summary>
    public string? Organization { get; init; }

    /// <summary>No station comes with less.</summary>
    [Range(0, 3)]
    public int SecurityProfileMin { get; init; }

    /// <summary>Stations without credentials that belong to no site.</summary>
    public UnknownStations UnknownStations { get; init; } = UnknownStations.OnLoopback;

    /// <summary>Stations of a site that have no credentials come from everywhere; otherwise from this machine only.</summary>
    public bool ProfileZeroAnywhere { get; init; }

    /// <summary>Handshakes of all stations in a burst: 15,000 that reconnect at once and a third more.</summary>
    [Range(1, 1_000_000)]
    public int HandshakeBurst { get; init; } = 20_000;

    /// <summary>Handshakes per second that come back after the burst.</summary>
    [Range(1, 100_000)]
    public int HandshakesPerSecond { get; init; } = 2_000;

    /// <summary>Handshakes of one address (IPv6: /64) in a burst: a depot behind one router. This machine is exempt.</summary>
    [Range(1, 1_000_000)]
    public int AddressHandshakeBurst { get; init; } = 600;

    [Range(1, 100_000)]
    public int AddressHandshakesPerSecond { get; init; } = 20;

    /// <summary>PEM files of the authority that signs station certificates; null = made in the data folder on first use.</summary>
    public string? AuthorityCertificate { get; init; }

    public string? AuthorityKey { get; init; }

    /// <summary>Life of a station certificate, days.</summary>
    [Range(1, 3650)]
    public int StationCertificateDays { get; init; } = 365;

    /// <summary>host or host:port of OCSP responders that may be asked for a station; others are refused.</summary>
    public string[] OcspResponders { get; init; } = [];

    /// <summary>PEM files of certificate issuers (V2G and its sub-authorities) whose OCSP responses do not bring the issuer's certificate along. Read again when they change.</summary>
    public string[] OcspIssuers { get; init; } = [];

    /// <summary>http(s) address of the service that provisions EV contract certificates (ISO 15118); null = none.</summary>
    public string? EvCertificateService { get; init; }

    /// <summary>What stations are told to connect to in an upgrade, such as wss://csms.example:8443/ocpp; null = the operator says it each time.</summary>
    public string? PublicUrl { get; init; }

    /// <summary>Every fault, each with the setting, the value and what was expected.</summary>
    public IEnumerable<string> Faults()
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(this, new ValidationContext(this), results, validateAllProperties: true);
        foreach (var r in results) yield return $"Penstock:Security:{r.MemberNames.First()}: {r.ErrorMessage} It is {typeof(SecurityOptions).GetProperty(r.MemberNames.First())?.GetValue(this)}.";
        if (StationAddress is { } address && !IPAddress.TryParse(address, out _)) yield return $"Penstock:Security:StationAddress: \"{address}\" is no IP address; give one such as 0.0.0.0.";
        if (TlsPort is not null && ServerCertificate is null) yield return "Penstock:Security:ServerCertificate: is missing and TlsPort is set; give a PEM or PFX file.";
        if (Enum.IsDefined(UnknownStations) is false) yield return $"Penstock:Security:UnknownStations: is {UnknownStations}; give one of {string.Join(", ", Enum.GetNames<UnknownStations>())}.";
        if (AuthorityCertificate is null != AuthorityKey is null) yield return "Penstock:Security:AuthorityKey: AuthorityCertificate and AuthorityKey come together; give both or neither.";
        foreach (var (name, path) in Files())
        {
            if (!File.Exists(path)) yield return $"Penstock:Security:{name}: there is no file \"{path}\".";
        }

        foreach (var responder in OcspResponders)
        {
            if (!Uri.TryCreate($"http://{responder}", UriKind.Absolute, out var uri) || uri.PathAndQuery != "/" || uri.UserInfo.Length > 0) yield return $"Penstock:Security:OcspResponders: \"{responder}\" is no host or host:port.";
        }

        if (EvCertificateService is { } service && !IsUrl(service, "http", "https")) yield return $"Penstock:Security:EvCertificateService: \"{service}\" is no http or https address.";
        if (PublicUrl is { } url && !IsUrl(url, "ws", "wss")) yield return $"Penstock:Security:PublicUrl: \"{url}\" is no ws or wss address.";
    }

    internal static bool IsUrl(string text, params string[] schemes) => Uri.TryCreate(text, UriKind.Absolute, out var uri) && schemes.Contains(uri.Scheme, StringComparer.Ordinal);

    private IEnumerable<(string Name, string Path)> Files() =>
        new (string Name, string? Path)[]
        {
            (nameof(ServerCertificate), ServerCertificate), (nameof(ServerKey), ServerKey), (nameof(RevocationList), RevocationList), (nameof(AuthorityCertificate), AuthorityCertificate), (nameof(AuthorityKey), AuthorityKey),
        }
        .Concat(OcspIssuers.Select(p => (Name: nameof(OcspIssuers), Path: (string?)p)))
        .Concat(StationAuthorities.Select(p => (Name: nameof(StationAuthorities), Path: (string?)p)))
        .Where(f => f.Path is not null).Select(f => (f.Name, f.Path!));
}
