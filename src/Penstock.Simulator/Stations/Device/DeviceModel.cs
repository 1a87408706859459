using System.Collections.Concurrent;
using System.Globalization;
using Penstock.Ocpp.V21;
using Attribute = Penstock.Ocpp.V21.Attribute;

namespace Penstock.Simulator.Stations.Device;

/// <summary>A variable of the device model.</summary>
/// <param name="Evse">0 = of the station.</param>
/// <param name="Limits">For numbers "min..max", for lists the values.</param>
/// <param name="Preset">As it left the factory; "=" + name = read live from the station.</param>
internal sealed record ModelVariable(string Component, int Evse, string Name, string? Instance, Data Type, Mutability Mutability, string? Unit, string? Limits, string Preset, bool Reboot)
{
    internal Component Where => new() { Name = Component, Evse = Evse == 0 ? null : new EVSE { Id = Evse, ConnectorId = Component == "Connector" ? 1 : null } };

    internal Variable Which => new() { Name = Name, Instance = Instance };

    internal (string, int, string, string?) Key => (Component, Evse, Name, Instance);
}

/// <summary>The variables of one station: the shared rows, and what was set on this one. Names are matched without regard to case, as the standard asks.</summary>
internal sealed class DeviceModel(int evses, Func<ModelVariable, string?> live)
{
    private static readonly ConcurrentDictionary<int, Dictionary<(string, int, string, string?), ModelVariable>> Shared = new();

    private readonly Dictionary<(string, int, string, string?), ModelVariable> rows = Shared.GetOrAdd(evses, ModelRows.For);
    private readonly Dictionary<(string, int, string, string?), string> set = [];

    internal IEnumerable<ModelVariable> Rows => rows.Values;

    internal string Text(string component, string name, int evse = 0, string? instance = null) => Value(rows[(component, evse, name, instance)]) ?? "";

    internal double Number(string component, string name, int evse = 0, string? instance = null) => double.Parse(Text(component, name, evse, instance), CultureInfo.InvariantCulture);

    internal bool Flag(string component, string name, int evse = 0) => Text(component, name, evse) == "true";

    internal IEnumerable<string> List(string component, string name, int evse = 0) => Text(component, name, evse).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    internal string? Value(ModelVariable row) => set.TryGetValue(row.Key, out var value) ? value : row.Preset.StartsWith('=') ? live(row) : row.Preset;

    internal ModelVariable? Find(Component component, Variable variable) =>
        Rows.FirstOrDefault(r => Same(r.Component, component.Name) && r.Evse == (component.Evse?.Id ?? 0) && Same(r.Name, variable.Name) && Same(r.Instance ?? "", variable.Instance ?? ""));

    internal bool Knows(Component component) => Rows.Any(r => Same(r.Component, component.Name) && r.Evse == (component.Evse?.Id ?? 0));

    internal GetVariableResult Get(GetVariableData asked)
    {
        var row = Find(asked.Component, asked.Variable);
        var status = row is null ? Knows(asked.Component) ? GetVariableStatus.UnknownVariable : GetVariableStatus.UnknownComponent
            : asked.AttributeType is not (null or Attribute.Actual) ? GetVariableStatus.NotSupportedAttributeType
            : row.Mutability == Mutability.WriteOnly ? GetVariableStatus.Rejected : GetVariableStatus.Accepted;
        return new GetVariableResult
        {
            AttributeStatus = status, AttributeType = asked.AttributeType, Component = asked.Component, Variable = asked.Variable, AttributeValue = status == GetVariableStatus.Accepted ? Value(row!) : null,
            AttributeStatusInfo = status == GetVariableStatus.Rejected ? new StatusInfo { ReasonCode = "WriteOnly" } : null,
        };
    }

    /// <param name="refuse">Why the station does not take a value that its row allows; null = it does.</param>
    internal SetVariableResult Set(SetVariableData asked, Func<ModelVariable, string, string?>? refuse = null)
    {
        var row = Find(asked.Component, asked.Variable);
        SetVariableResult Result(SetVariableStatus status, string? code = null, string? text = null) => new()
        {
            AttributeStatus = status, AttributeType = asked.AttributeType, Component = asked.Component, Variable = asked.Variable, AttributeStatusInfo = code is null ? null : new StatusInfo { ReasonCode = code, AdditionalInfo = text },
        };
        if (row is null) return Result(Knows(asked.Component) ? SetVariableStatus.UnknownVariable : SetVariableStatus.UnknownComponent);
        if (asked.AttributeType is not (null or Attribute.Actual)) return Result(SetVariableStatus.NotSupportedAttributeType);
        if (row.Mutability == Mutability.ReadOnly) return Result(SetVariableStatus.Rejected, "ReadOnly", $"{row.Component}.{row.Name} cannot be set");
        if (Fault(row, asked.AttributeValue) is { } fault) return Result(SetVariableStatus.Rejected, fault.Code, fault.Text);
        if (refuse?.Invoke(row, asked.AttributeValue) is { } refusal) return Result(SetVariableStatus.Rejected, "InvalidValue", refusal);
        set[row.Key] = asked.AttributeValue;
        return Result(row.Reboot ? SetVariableStatus.RebootRequired : SetVariableStatus.Accepted);
    }

    /// <summary>What the station itself changes.</summary>
    internal void Put(string component, string name, string value, int evse = 0, string? instance = null) => set[(component, evse, name, instance)] = value;

    internal ReportData Report(ModelVariable row)
    {
        var numeric = row.Type is Data.Integer or Data.Decimal && row.Limits is not null;
        var ends = numeric ? row.Limits!.Split("..") : [];
        decimal? Limit(string text) => text == "=" ? decimal.Parse(live(row with { Name = $"{row.Name}.Max" }) ?? "0", CultureInfo.InvariantCulture) : decimal.Parse(text, CultureInfo.InvariantCulture);
        var value = row.Mutability == Mutability.WriteOnly ? null : Value(row);
        return new ReportData
        {
            Component = row.Where, Variable = row.Which, VariableAttribute = [new VariableAttribute { Value = value, Mutability = row.Mutability, Persistent = true, Constant = false }],
            VariableCharacteristics = new VariableCharacteristics
            {
                DataType = row.Type, Unit = row.Unit, SupportsMonitoring = row.Type is Data.Decimal or Data.Integer or Data.Boolean, MinLimit = numeric ? Limit(ends[0]) : null, MaxLimit = numeric ? Limit(ends[1]) : null,
                ValuesList = row.Type is Data.OptionList or Data.MemberList or Data.SequenceList ? row.Limits : null,
            },
        };
    }

    private static (string Code, string Text)? Fault(ModelVariable row, string value)
    {
        bool Member(string one) => row.Limits is null || row.Limits.Split(',').Contains(one.Trim(), StringComparer.Ordinal);
        var expected = row.Limits ?? row.Type.ToString();
        return row.Type switch
        {
            Data.Boolean when value is not ("true" or "false") => ("InvalidValue", $"\"{value}\" is not true or false"),
            Data.Integer when !int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) => ("InvalidValue", $"\"{value}\" is no whole number"),
            Data.Decimal when !decimal.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _) => ("InvalidValue", $"\"{value}\" is no number"),
            Data.Integer or Data.Decimal when row.Limits?.Split("..") is [var least, var most] && most != "=" && decimal.Parse(value, CultureInfo.InvariantCulture) is var number && (number < decimal.Parse(least, CultureInfo.InvariantCulture)
                || number > decimal.Parse(most, CultureInfo.InvariantCulture)) => ("ValueOutOfRange", $"{value}, expected {expected}"),
            Data.OptionList when !Member(value) => ("InvalidValue", $"\"{value}\", expected one of {expected}"),
            Data.MemberList or Data.SequenceList when value.Length > 0 && !value.Split(',').All(Member) => ("InvalidValue", $"\"{value}\", expected some of {expected}"),
            _ => null,
        };
    }

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
