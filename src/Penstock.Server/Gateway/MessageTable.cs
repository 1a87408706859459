using System.Text.Json;
using NodaTime;
using Penstock.Core.Sites;
using Penstock.Ocpp;
using Penstock.Ocpp.Framing;
using Penstock.Ocpp.Rpc;
using Penstock.Server.Storage;
using V201 = Penstock.Ocpp.V201;

namespace Penstock.Server.Gateway;

/// <summary>A message of a station while it is being answered.</summary>
/// <param name="Raw">As sent; good until the message is answered.</param>
public sealed record StationMessage(StationId Station, OcppVersion Version, string Action, JsonPayload Raw, Instant Now)
{
    private JsonElement? payload;

    /// <summary>A copy of what was sent, to look around in; made when first asked for.</summary>
    public JsonElement Payload => payload ??= Raw.Clone();

    /// <summary>The same content is the same message: for what carries no sequence number of its own.</summary>
    public string ContentKey => $"{Action}:" + Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(Raw.Utf8.Span));
}

/// <summary>What a message does. Without a key it is answered at once and leaves nothing on disk.</summary>
public sealed record Reply<TResponse>(TResponse Response)
{
    /// <summary>Equal for a repeat of the same message of the same station: the repeat gets the first answer and has no second effect.</summary>
    public string? Key { get; init; }

    /// <summary>The device's own time of what it tells, as sent: part of the key. The default = it tells none.</summary>
    public DateTimeOffset ToldAt { get; init; } = DateTimeOffset.UnixEpoch;

    /// <summary>Rows that commit with the journal entry.</summary>
    public IReadOnlyList<Projection> Rows { get; init; } = [];

    /// <summary>Run once the entry is on disk, before the answer.</summary>
    public IReadOnlyList<Action> After { get; init; } = [];

    /// <summary>Run once the answer is on the wire: a call that must not overtake it begins here. A repeat runs none of them.</summary>
    public IReadOnlyList<Action> Then { get; init; } = [];

    /// <summary>What the message says could not be kept: it is not answered, and nothing follows.</summary>
    public bool Unkept { get; init; }

    public static implicit operator Reply<TResponse>(TResponse response) => new(response);
}

/// <summary>The messages of one feature: each gets its behaviour here.</summary>
public interface IStationMessages
{
    void Register(MessageTable table);
}

/// <summary>The behaviour of every action that a station sends, by version. A handler of 2.x is written for 2.1 and serves 2.0.1 where the action exists there: its messages are a subset.</summary>
public sealed class MessageTable
{
    private readonly Dictionary<(OcppVersion Version, string Action), Handler> handlers = [];

    public MessageTable(IEnumerable<IStationMessages> features)
    {
        foreach (var feature in features) feature.Register(this);
    }

    /// <summary>What a handler made of a message: a violation, or an answer with what it needs on disk.</summary>
    internal sealed record Handled(OcppAnswer Answer, string? Key, DateTimeOffset ToldAt, IReadOnlyList<Projection> Rows, IReadOnlyList<Action> After);

    internal delegate ValueTask<Handled> Handler(StationMessage from, CancellationToken cancel);

    public bool Has(OcppVersion version, string action) => handlers.ContainsKey((version, action));

    internal Handler? Find(OcppVersion version, string action) => handlers.GetValueOrDefault((version, action));

    public void On16<TRequest, TResponse>(Func<StationMessage, TRequest, Reply<TResponse>> handle)
        where TRequest : class, IOcppRequest<TRequest, TResponse>
        where TResponse : class, IOcppMessage<TResponse> => Add(OcppVersion.V16, TRequest.ActionName, Read<TRequest>, Now(handle), OcppAnswer.Of);

    /// <summary>For the few actions whose 2.0.1 message is no valid one of 2.1, beside <see cref="On21"/>.</summary>
    public void On201<TRequest, TResponse>(Func<StationMessage, TRequest, Reply<TResponse>> handle)
        where TRequest : class, IOcppRequest<TRequest, TResponse>
        where TResponse : class, IOcppMessage<TResponse> => Add(OcppVersion.V201, TRequest.ActionName, Read<TRequest>, Now(handle), OcppAnswer.Of);

    public void On21<TRequest, TResponse>(Func<StationMessage, TRequest, Reply<TResponse>> handle)
        where TRequest : class, IOcppRequest<TRequest, TResponse>
        where TResponse : class, IOcppMessage<TResponse> => Add(OcppVersion.V21, TRequest.ActionName, Read<TRequest>, Now(handle), OcppAnswer.Of);

    public void On2x<TRequest, TResponse>(Func<StationMessage, TRequest, Reply<TResponse>> handle)
        where TRequest : class, IOcppRequest<TRequest, TResponse>
        where TResponse : class, IOcppMessage<TResponse> => On2x(Now(handle));

    /// <summary>For a handler that asks somebody outside; it holds up the station's other messages, so it has a deadline of its own.</summary>
    public void On2x<TRequest, TResponse>(Func<StationMessage, TRequest, CancellationToken, ValueTask<Reply<TResponse>>> handle)
        where TRequest : class, IOcppRequest<TRequest, TResponse>
        where TResponse : class, IOcppMessage<TResponse>
    {
        Add(OcppVersion.V21, TRequest.ActionName, Read<TRequest>, handle, OcppAnswer.Of);
        if (V201.V201Actions.All.TryGetValue(TRequest.ActionName, out var old)) Add(OcppVersion.V201, TRequest.ActionName, p => ReadAs21<TRequest>(old, p), handle, r => OfOld(old, r));
    }

    public void On16<TRequest, TResponse>(Func<StationMessage, TRequest, CancellationToken, ValueTask<Reply<TResponse>>> handle)
        where TRequest : class, IOcppRequest<TRequest, TResponse>
        where TResponse : class, IOcppMessage<TResponse> => Add(OcppVersion.V16, TRequest.ActionName, Read<TRequest>, handle, OcppAnswer.Of);

    /// <summary>A SEND: nothing answers it.</summary>
    public void OnSend<TMessage>(Func<StationMessage, TMessage, Reply<object?>> handle)
        where TMessage : class, IOcppSend<TMessage> => Add(OcppVersion.V21, TMessage.ActionName, Read<TMessage>, Now(handle), _ => OcppAnswer.None);

    private static Func<StationMessage, TRequest, CancellationToken, ValueTask<Reply<TResponse>>> Now<TRequest, TResponse>(Func<StationMessage, TRequest, Reply<TResponse>> handle) =>
        (from, message, _) => ValueTask.FromResult(handle(from, message));

    private void Add<TRequest, TResponse>(
        OcppVersion version, string action, Func<JsonPayload, (TRequest?, OcppViolation?)> read, Func<StationMessage, TRequest, CancellationToken, ValueTask<Reply<TResponse>>> handle, Func<TResponse, OcppAnswer> answer)
        where TRequest : class => handlers.Add((version, action), async (from, cancel) =>
    {
        var (message, violation) = read(from.Raw);
        if (message is null) return new Handled(OcppAnswer.Violation(violation!), null, default, [], []);
        var reply = await handle(from, message, cancel);
        if (reply.Unkept) return new Handled(OcppAnswer.None, null, default, [], []);
        return new Handled(answer(reply.Response).FollowedBy(reply.Then), reply.Key, reply.ToldAt, reply.Rows, reply.After);
    });

    private static (T?, OcppViolation?) Read<T>(JsonPayload payload)
        where T : class, IOcppMessage<T> => PayloadReader.Read<T>(payload);

    /// <summary>Valid as 2.0.1 first; then it is also a valid message of 2.1.</summary>
    private static (T?, OcppViolation?) ReadAs21<T>(OcppAction old, JsonPayload payload)
        where T : class, IOcppMessage<T> => PayloadReader.Read(payload, old.Request).Violation is { } violation ? (null, violation) : PayloadReader.Read<T>(payload);

    /// <summary>The answer of 2.1 in 2.0.1: what that version does not know is left out.</summary>
    private static OcppAnswer OfOld<T>(OcppAction old, T response)
        where T : class, IOcppMessage<T>
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(response, T.TypeInfo);
        if (bytes.Length <= 2) return OcppAnswer.Stored(bytes);
        return OcppAnswer.Stored(OlderPayload.Of(bytes, old.Response!));
    }
}
