namespace Penstock.Server.Security;

/// <summary>How a station and the platform know each other (OCPP 2.x part 2 A.1, OCPP 1.6 security whitepaper); the number is the wire's.</summary>
public enum SecurityProfile
{
    /// <summary>Nobody is authenticated: 0 in OCPP 2.1, outside the standard before.</summary>
    None = 0,

    /// <summary>HTTP Basic over ws.</summary>
    Basic = 1,

    /// <summary>The server by its certificate, the station by HTTP Basic.</summary>
    TlsWithBasic = 2,

    /// <summary>Both by certificate.</summary>
    MutualTls = 3,
}

/// <summary>Who may connect without being known: each value admits those of the values before it too.</summary>
public enum UnknownStations
{
    Never,

    /// <summary>With a certificate of a trusted authority that names the station.</summary>
    WithCertificate,

    /// <summary>From this machine.</summary>
    OnLoopback,

    Anywhere,
}
