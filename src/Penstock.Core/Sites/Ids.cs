namespace Penstock.Core.Sites;

public readonly record struct SiteId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>The identity of an OCPP charging station: the last path segment of its WebSocket URL.</summary>
public readonly record struct StationId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>An EVSE of a station: OCPP 2.x evse.id, OCPP 1.6 connectorId; 1 or more.</summary>
public readonly record struct EvseId(StationId Station, int Number)
{
    public override string ToString() => $"{Station}/{Number}";

    /// <summary>Reads "CS-0042/1"; null when the text is no EVSE id.</summary>
    public static EvseId? Parse(string text)
    {
        var slash = text.LastIndexOf('/');
        return slash > 0 && int.TryParse(text.AsSpan(slash + 1), out var number) && number > 0
            ? new EvseId(new StationId(text[..slash]), number)
            : null;
    }
}

/// <summary>One charging session: unique over all stations ("{station}:{transactionId}").</summary>
public readonly record struct SessionId(string Value)
{
    public override string ToString() => Value;
}
