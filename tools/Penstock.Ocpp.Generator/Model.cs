namespace Penstock.Ocpp.Generator;

/// <summary>What one OCPP version says, free of JSON schema.</summary>
internal sealed record VersionModel(List<RecordModel> Records, List<EnumModel> Enums, List<ActionModel> Actions);

internal sealed record ActionModel(string Name, string Request, string? Response);

internal sealed record EnumModel(string Name, IReadOnlyList<string> Values);

internal sealed record RecordModel(string Name, IReadOnlyList<PropertyModel> Properties);

/// <param name="Type">C# type of one value, without nullability.</param>
internal sealed record PropertyModel(string Wire, string Type, bool IsList, bool Required, bool IsRecord, Bounds Bounds);

internal sealed record Bounds(int? MaxLength, int? MinItems, int? MaxItems, decimal? Minimum, decimal? Maximum, bool IsUri);
