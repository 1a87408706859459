namespace Penstock.Ocpp;

/// <summary>A broken rule of the message schema.</summary>
/// <param name="Code">The OCPP-J error code, in 2.x spelling.</param>
/// <param name="Pointer">JSON pointer into the payload.</param>
public sealed record OcppViolation(string Code, string Pointer, string Value, string Expected)
{
    public string Text => $"{Pointer} is {Value}, expected {Expected}";

    internal OcppViolation Under(string parent) => this with { Pointer = $"/{parent}{Pointer}" };
}

/// <summary>The checks that the generated records are made of. Values are cut to 40 characters in messages.</summary>
internal static class Constraint
{
    internal static OcppViolation? Length(string? value, string name, int most) => value is null || value.Length <= most
        ? null
        : new(OcppError.PropertyConstraintViolation, "/" + name, $"\"{Start(value)}...\" ({value.Length} characters)", $"at most {most} characters");

    internal static OcppViolation? Length(IReadOnlyList<string>? values, string name, int most)
    {
        for (var i = 0; i < values?.Count; i++)
        {
            if (values[i] is null) return Null($"{name}/{i}");
            if (Length(values[i], $"{name}/{i}", most) is { } violation) return violation;
        }

        return null;
    }

    internal static OcppViolation? Uri(string? value, string name) => value is null || System.Uri.IsWellFormedUriString(value, UriKind.Absolute)
        ? null
        : new(OcppError.FormatViolation, "/" + name, $"\"{Start(value)}\"", "an absolute URI");

    internal static OcppViolation? Items<T>(IReadOnlyList<T>? values, string name, int least, int most)
    {
        for (var i = 0; i < values?.Count; i++)
        {
            if (values[i] is null) return Null($"{name}/{i}");
        }

        return values is null || (values.Count >= least && values.Count <= most)
            ? null
            : new(OcppError.OccurrenceConstraintViolation, "/" + name, $"{values.Count} items", most == int.MaxValue ? $"at least {least}" : $"{least} to {most}");
    }

    internal static OcppViolation? Each<T>(IReadOnlyList<T>? values, string name)
        where T : IOcppChecked
    {
        for (var i = 0; i < values?.Count; i++)
        {
            if (values[i] is null) return Null($"{name}/{i}");
            if (values[i].Check() is { } violation) return violation.Under($"{name}/{i}");
        }

        return null;
    }

    /// <summary>The first 40 characters, no half of a pair.</summary>
    private static string Start(string value) => value.Length <= 40 ? value : value[..(char.IsHighSurrogate(value[39]) ? 39 : 40)];

    private static OcppViolation Null(string name) => new(OcppError.TypeConstraintViolation, "/" + name, "null", "a value");

    internal static OcppViolation? Range(decimal? value, string name, decimal? least, decimal? most) =>
        value is { } number && (number < least || number > most)
            ? new(OcppError.PropertyConstraintViolation, "/" + name, FormattableString.Invariant($"{number}"), FormattableString.Invariant($"{least?.ToString() ?? "-"} to {most?.ToString() ?? "-"}"))
            : null;
}

/// <summary>The error codes of OCPP-J in 2.x spelling; the connection respells them for 1.6.</summary>
public static class OcppError
{
    public const string FormatViolation = nameof(FormatViolation);
    public const string GenericError = nameof(GenericError);
    public const string InternalError = nameof(InternalError);
    public const string MessageTypeNotSupported = nameof(MessageTypeNotSupported);
    public const string NotImplemented = nameof(NotImplemented);
    public const string NotSupported = nameof(NotSupported);
    public const string OccurrenceConstraintViolation = nameof(OccurrenceConstraintViolation);
    public const string PropertyConstraintViolation = nameof(PropertyConstraintViolation);
    public const string ProtocolError = nameof(ProtocolError);
    public const string RpcFrameworkError = nameof(RpcFrameworkError);
    public const string SecurityError = nameof(SecurityError);
    public const string TypeConstraintViolation = nameof(TypeConstraintViolation);

    /// <summary>OCPP 1.6 spells two codes otherwise ("FormationViolation", "OccurenceConstraintViolation") and lacks two.</summary>
    public static string For16(string code) => code switch
    {
        FormatViolation => "FormationViolation",
        OccurrenceConstraintViolation => "OccurenceConstraintViolation",
        RpcFrameworkError or MessageTypeNotSupported => "GenericError",
        _ => code,
    };
}
