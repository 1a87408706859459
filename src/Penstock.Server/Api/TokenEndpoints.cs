using NodaTime;
using Penstock.Server.Hosting;
using Penstock.Server.Stations;

namespace Penstock.Server.Api;

/// <param name="Status">accepted, blocked, expired or unknown, now.</param>
public sealed record TokenView(string Token, string Status, bool Blocked, DateTimeOffset? ExpiresAt, string? GroupId, string? Note)
{
    internal static TokenView Of(TokenRecord t, Instant now) => new(t.Token, Names.Camel(t.At(now).ToString()), t.Blocked, t.ExpiresAt?.ToDateTimeOffset(), t.GroupId, t.Note);
}

public sealed record PutToken(bool Blocked, DateTimeOffset? ExpiresAt, string? GroupId, string? Note);

internal static class TokenEndpoints
{
    private const int PageMax = 1_000;

    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/tokens", (TokenRegister tokens, TimeProvider time, string? after) => Page([.. tokens.All.Where(t => after is null || string.CompareOrdinal(t.Token, after) > 0).Take(PageMax + 1).Select(t => TokenView.Of(t, time.Now()))]));
        api.MapGet("/tokens/{token}", (string token, TokenRegister tokens, TimeProvider time) => tokens.Judge(token = Unescaped(token), time.Now()) switch
        {
            { Record: { } record } => Results.Ok(TokenView.Of(record, time.Now())),
            { Status: TokenStatus.Accepted } => Results.Ok(new TokenView(token, "accepted", false, null, null, null)), // a vehicle's own
            _ => Problems.NotFound("token", token),
        });
        api.MapPut("/tokens/{token}", (string token, PutToken body, TokenRegister tokens, TimeProvider time) =>
        {
            token = Unescaped(token);
            if (token.Length > 255 || string.IsNullOrWhiteSpace(token)) return Problems.Invalid([new Fault("/token", "length", "A token has 1 to 255 characters (20 for OCPP 1.6).")]);
            if (body.GroupId is { Length: > 255 }) return Problems.Invalid([new Fault("/groupId", "length", "groupId has at most 255 characters (20 for OCPP 1.6).")]);
            if (tokens.Count >= TokenRegister.Max) return Problems.Invalid([new Fault("/token", "full", $"There are {TokenRegister.Max} tokens; delete some.")]);
            tokens.Put(new TokenRecord(token, body.Blocked, body.ExpiresAt is { } at ? Instant.FromDateTimeOffset(at) : null, body.GroupId, body.Note));
            return Results.Ok(TokenView.Of(tokens.Find(token)!, time.Now()));
        });
        api.MapDelete("/tokens/{token}", (string token, TokenRegister tokens) => tokens.Remove(Unescaped(token)) ? Results.NoContent() : Problems.NotFound("token", token));
    }

    /// <summary>A slash stays escaped in a part of a path.</summary>
    private static string Unescaped(string token) => token.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);

    private static PageView<TokenView> Page(IReadOnlyList<TokenView> found) => found.Count > PageMax ? new([.. found.Take(PageMax)], found[PageMax - 1].Token) : new(found, null);
}
