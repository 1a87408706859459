using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Penstock.Ocpp.Framing;

/// <summary>Turns a payload into its record, or says what is wrong with it in the words of OCPP-J.</summary>
public static class PayloadReader
{
    public static (T? Message, OcppViolation? Violation) Read<T>(JsonPayload payload)
        where T : class, IOcppMessage<T>
    {
        var (message, violation) = Read(payload, T.TypeInfo);
        return ((T?)message, violation);
    }

    /// <summary>Exactly one of the two results is not null.</summary>
    /// <param name="type">Of a request or response record.</param>
    public static (IOcppChecked? Message, OcppViolation? Violation) Read(JsonPayload payload, JsonTypeInfo type)
    {
        try
        {
            if (JsonSerializer.Deserialize(payload.Utf8.Span, type) is not IOcppChecked message) return (null, new OcppViolation(OcppError.FormatViolation, "", "null", "an object"));
            return message.Check() is { } violation ? (null, violation) : (message, null);
        }
        catch (JsonException problem)
        {
            return (null, Of(problem));
        }
        catch (InvalidOperationException)
        {
            return (null, new OcppViolation(OcppError.FormatViolation, "", "a string that is no valid Unicode", "UTF-8"));
        }
    }

    private static OcppViolation Of(JsonException problem)
    {
        var pointer = (problem.Path ?? "$").TrimStart('$').Replace("].", "/").Replace('.', '/').Replace('[', '/').Replace("]", "");
        var missing = problem.Message.Contains("missing required properties", StringComparison.Ordinal);
        return missing
            ? new OcppViolation(OcppError.OccurrenceConstraintViolation, pointer, "incomplete", problem.Message[(problem.Message.IndexOf(':') + 1)..].Trim())
            : new OcppViolation(OcppError.TypeConstraintViolation, pointer, "of the wrong type or no listed value", "the type of the schema");
    }
}
