using System.Collections.Immutable;
using System.Globalization;
using NodaTime;
using Penstock.Core.Sites;
using Penstock.Ocpp.V21;

namespace Penstock.Server.Capability;

/// <summary>
/// What a station and its EVSEs can do: the facts of all sources, of which the most trusted counts. Pure: the same facts, the same answers.
/// </summary>
public sealed class CapabilityRecord
{
    private readonly ImmutableArray<CapabilityFact> facts;
    private readonly QuirkProfile quirk;
    private readonly string protocol;

    /// <param name="learnt">Of the device model, needs and probes.</param>
    public CapabilityRecord(string protocol, Instant seen, QuirkProfile quirk, IEnumerable<CapabilityFact> learnt)
    {
        var all = ImmutableArray.CreateBuilder<CapabilityFact>();
        if (protocol == "ocpp2.1") all.Add(new CapabilityFact(FactNames.Discharge, 0, nameof(DischargeMethod.CentralSetpoint), FactSource.Protocol, seen, "Q01.FR.31"));
        else if (quirk.DataTransfer is not null) all.Add(new CapabilityFact(FactNames.Discharge, 0, nameof(DischargeMethod.DataTransfer), FactSource.Quirk, seen, quirk.Name));
        else if (quirk.NegativeLimits is { } negative) all.Add(new CapabilityFact(FactNames.Discharge, 0, negative ? nameof(DischargeMethod.NegativeLimit) : nameof(DischargeMethod.None), FactSource.Quirk, seen, quirk.Name));
        foreach (var fact in learnt)
        {
            all.Add(fact);
            if (Implied(fact, protocol) is { } implied) all.Add(implied);
        }

        facts = [.. all.OrderBy(f => f.Evse).ThenBy(f => f.Name, StringComparer.Ordinal).ThenByDescending(f => f.Source).ThenByDescending(f => f.At).ThenBy(f => f.Value, StringComparer.Ordinal)];
        (this.quirk, this.protocol) = (quirk, protocol);
        Profile = Fitted();
    }

    /// <summary>Every fact, the most trusted of a name first.</summary>
    public ImmutableArray<CapabilityFact> Facts => facts;

    /// <summary>The quirk profile as far as the station itself does not say better: its rate unit, its highest stack level, its phases.</summary>
    public QuirkProfile Profile { get; }

    /// <summary>The most trusted fact of the EVSE or, where nothing is said of it, of the station. Of equally trusted ones, one that forbids counts.</summary>
    public CapabilityFact? Best(string name, int evse) =>
        facts.Where(f => f.Name == name && (f.Evse == evse || f.Evse == 0))
            .OrderByDescending(f => f.Source < FactSource.Probe ? f.Source : FactSource.Probe).ThenByDescending(f => f.Evse == evse)
            .ThenByDescending(f => f.Source < FactSource.Probe ? Instant.MinValue : f.At).ThenByDescending(f => f.Value is "false" or nameof(DischargeMethod.None)).FirstOrDefault();

    /// <summary>How the EVSE can be made to discharge, and by what that is known; null = nobody says anything.</summary>
    public (DischargeMethod Method, CapabilityFact Fact)? Discharge(int evse) =>
        Best(FactNames.Discharge, evse) is { } fact && Enum.TryParse<DischargeMethod>(fact.Value, out var method) ? (method, fact) : null;

    /// <summary>How a station of this version and model is made to discharge, if it can.</summary>
    public DischargeMethod Way => protocol == "ocpp2.1" ? DischargeMethod.CentralSetpoint : quirk.DataTransfer is not null ? DischargeMethod.DataTransfer : DischargeMethod.NegativeLimit;

    /// <summary>Operation modes of an EVSE, or with 0 those of any EVSE of the station; null where nothing is said.</summary>
    public IReadOnlySet<OperationMode>? OperationModes(int evse)
    {
        var told = evse == 0 ? facts.Where(f => f.Name == FactNames.OperationModes) : Best(FactNames.OperationModes, evse) is { } best ? [best] : [];
        var modes = told.SelectMany(f => f.Value.Split(',')).Where(n => Enum.IsDefined(typeof(OperationMode), n)).Select(Enum.Parse<OperationMode>).ToHashSet();
        return modes.Count == 0 ? null : modes;
    }

    public double? Number(string name, int evse) => Best(name, evse) is { } fact && double.TryParse(fact.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>V2X that is off or lacks the mode that the platform uses forbids; modes that allow it confirm, in the version that has them. A transfer mode with BPT means both ways.</summary>
    private static CapabilityFact? Implied(CapabilityFact fact, string protocol) => (fact.Name, fact.Value) switch
    {
        (FactNames.V2xEnabled or "v2xAvailable", "false") => fact with { Name = FactNames.Discharge, Value = nameof(DischargeMethod.None) },
        (FactNames.OperationModes, var modes) when protocol == "ocpp2.1" => fact with { Name = FactNames.Discharge, Value = modes.Split(',').Contains("CentralSetpoint") ? nameof(DischargeMethod.CentralSetpoint) : nameof(DischargeMethod.None) },
        (FactNames.DischargePowerMaxW, "0") => fact with { Name = FactNames.Discharge, Value = nameof(DischargeMethod.None) },
        (FactNames.EnergyTransferModes, var modes) => fact with { Name = FactNames.Bidirectional, Value = modes.Contains("BPT", StringComparison.Ordinal) ? "true" : "false" },
        _ => null,
    };

    private QuirkProfile Fitted()
    {
        var fitted = quirk;
        if (Number(FactNames.StackLevelMax, 0) is { } most && most < fitted.StackLevel) fitted = fitted with { StackLevel = (int)most };
        if (Best(FactNames.RateUnits, 0)?.Value == "A" && fitted.RateUnit != RateUnit.A)
        {
            fitted = fitted with { RateUnit = RateUnit.A, Phases = facts.Where(f => f.Name == FactNames.Phases).Select(f => int.Parse(f.Value, CultureInfo.InvariantCulture)).FirstOrDefault(p => p is 1 or 2 or 3, fitted.Phases) };
        }

        return fitted;
    }
}
