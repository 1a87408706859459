using Penstock.Core.Der;
using Penstock.Core.Sites;
using Penstock.Server.Capability;

namespace Penstock.Server.Der;

/// <summary>Which types of control a station says that it executes: DCDERCtrlr and ACDERCtrlr, ModesSupported, of all its EVSEs. Pure.</summary>
public static class DerModes
{
    /// <summary>Null where it says nothing, or nothing that is a type: then it is tried.</summary>
    public static IReadOnlyList<DerControlType>? Of(CapabilityRecord record)
    {
        var told = record.Facts.Where(f => f.Name is FactNames.DcDerModes or FactNames.AcDerModes).SelectMany(f => f.Value.Split(','));
        var types = told.Select(n => Enum.TryParse<DerControlType>(n, out var type) && Enum.IsDefined(type) && !char.IsDigit(n[0]) ? type : (DerControlType?)null).OfType<DerControlType>().Distinct().Order().ToList();
        return types.Count == 0 ? null : types;
    }

    /// <summary>Why a type is not sent; null where it may be.</summary>
    public static string? Refusal(StationId station, CapabilityRecord record, DerControlType type) => Of(record) is not { } known || known.Contains(type)
        ? null
        : $"Station {station} does not execute {type}: its device model (ModesSupported) names {string.Join(", ", known)}. Give one of these; if the list is old, ask the station for its base report.";
}
