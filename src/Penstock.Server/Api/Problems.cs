namespace Penstock.Server.Api;

/// <param name="Pointer">JSON pointer to the faulty value.</param>
public sealed record Fault(string Pointer, string Code, string Message);

/// <summary>Errors as application/problem+json (RFC 9457) with a stable code.</summary>
internal static class Problems
{
    internal static IResult NotFound(string what, string id) => Of(StatusCodes.Status404NotFound, "notFound", $"There is no {what} \"{id}\".");

    internal static IResult Invalid(IReadOnlyList<Fault> faults) => Of(StatusCodes.Status422UnprocessableEntity, "invalid", string.Join(" ", faults.Select(f => f.Message)), faults);

    /// <summary>The thing is not in a state in which that can be done.</summary>
    internal static IResult Conflict(string code, string text) => Of(StatusCodes.Status409Conflict, code, text);

    /// <summary>Questions to the planner are answered one at a time.</summary>
    internal static IResult Busy() => Of(StatusCodes.Status503ServiceUnavailable, "busy", "Another question to the planner is being answered; ask again when it is done.");

    private static IResult Of(int status, string code, string detail, IReadOnlyList<Fault>? errors = null)
    {
        var more = new Dictionary<string, object?> { ["code"] = code };
        if (errors is not null) more["errors"] = errors;
        return Results.Problem(detail, statusCode: status, title: code, type: $"urn:penstock:problem:{code}", extensions: more);
    }
}
