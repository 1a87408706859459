using System.Text.Json.Serialization.Metadata;

namespace Penstock.Ocpp;

/// <summary>A record with constraints beyond its types: lengths, counts, ranges of the official schema.</summary>
public interface IOcppChecked
{
    /// <summary>The first violated constraint; null when the record is valid.</summary>
    OcppViolation? Check();
}

/// <summary>A request or response payload.</summary>
public interface IOcppMessage<TSelf> : IOcppChecked
    where TSelf : class, IOcppMessage<TSelf>
{
    static abstract JsonTypeInfo<TSelf> TypeInfo { get; }
}

/// <summary>The payload of a CALL and the payload that answers it.</summary>
public interface IOcppRequest<TSelf, TResponse> : IOcppMessage<TSelf>
    where TSelf : class, IOcppMessage<TSelf>
    where TResponse : class, IOcppMessage<TResponse>
{
    static abstract string ActionName { get; }
}

/// <summary>The payload of a SEND (OCPP 2.1): nothing answers it.</summary>
public interface IOcppSend<TSelf> : IOcppMessage<TSelf>
    where TSelf : class, IOcppMessage<TSelf>
{
    static abstract string ActionName { get; }
}

/// <summary>What the wire knows of an action.</summary>
public sealed record OcppAction(string Name, JsonTypeInfo Request, JsonTypeInfo? Response)
{
    public static OcppAction Of<TRequest, TResponse>()
        where TRequest : class, IOcppRequest<TRequest, TResponse>
        where TResponse : class, IOcppMessage<TResponse> => new(TRequest.ActionName, TRequest.TypeInfo, TResponse.TypeInfo);

    public static OcppAction ForSend<TRequest>()
        where TRequest : class, IOcppSend<TRequest> => new(TRequest.ActionName, TRequest.TypeInfo, null);

    public static IReadOnlyDictionary<string, OcppAction> Table(OcppAction[] actions) =>
        System.Collections.Frozen.FrozenDictionary.ToFrozenDictionary(actions, a => a.Name, StringComparer.Ordinal);
}
