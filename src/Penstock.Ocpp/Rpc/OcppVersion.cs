namespace Penstock.Ocpp.Rpc;

public enum OcppVersion
{
    V16,
    V201,
    V21,
}

/// <summary>WebSocket subprotocol names of OCPP-J.</summary>
public static class Subprotocol
{
    /// <summary>Newest first.</summary>
    public static readonly IReadOnlyList<string> All = ["ocpp2.1", "ocpp2.0.1", "ocpp1.6"];

    public static string Name(OcppVersion version) => version switch
    {
        OcppVersion.V16 => "ocpp1.6",
        OcppVersion.V201 => "ocpp2.0.1",
        _ => "ocpp2.1",
    };

    /// <summary>The first offered subprotocol that we speak: the order is the station's preference (RFC 6455, 1.9). Null = none.</summary>
    public static OcppVersion? Choose(IEnumerable<string> offered) => offered
        .Select(name => name.Trim().ToLowerInvariant() switch
        {
            "ocpp1.6" => OcppVersion.V16,
            "ocpp2.0.1" => OcppVersion.V201,
            "ocpp2.1" => OcppVersion.V21,
            _ => (OcppVersion?)null,
        })
        .FirstOrDefault(version => version is not null);
}
