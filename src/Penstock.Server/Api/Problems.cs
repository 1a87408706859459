namespace Penstock.Server.Api;

/// <param name="Pointer">JSON pointer to the faulty value.</param>
public sealed record Fault(string Pointer, string Code, string Message);

/// <summary>Errors as application/problem+json (RFC 9457) with a stable code.</summary>
internal static class Problems
{
    internal static IResult NotFound(string what, string id) => Of(StatusCodes.Status404NotFound, "notFound", $"There is no {what} \"{id}\".");

    internal static IResult Invalid(IReadOnlyList<Fault> faults) => Of(StatusCodes.Status422UnprocessableEntity, "invalid", string.Join(" ", faults.Select(f => f.Message)), faults);

    /// <summary>A bounded resource is in use.</summary>
    internal static IResult Busy(string detail) => Of(StatusCodes.Status503ServiceUnavailable, "busy", detail);

    private static IResult Of(int status, string code, string detail, IReadOnlyList<Fault>? errors = null)
    {
        var more = new Dictionary<string, object?> { ["code"] = code };
        if (errors is not null) more["errors"] = errors;
        return Results.Problem(detail, statusCode: status, title: code, type: $"urn:penstock:problem:{code}", extensions: more);
    }
}
