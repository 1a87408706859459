using System.Collections.Immutable;
using Penstock.Core.Units;

namespace Penstock.Core.Sites;

/// <summary>Who set a limit. Every limit carries it, through to the console and the statement.</summary>
public enum LimitSource
{
    Owner, Vehicle, Cable, Pile, Cabinet, Transformer, PointOfConnection, GridEvent, Tariff, Plan, Capability, External, Der,
}

/// <summary>A node of the limit tree (pile -> cabinet -> transformer -> point of connection).</summary>
/// <param name="ParentId">Null for the root, the point of connection.</param>
/// <param name="ImportMax">Largest power from the grid through this node, >= 0.</param>
/// <param name="ExportMax">Largest power to the grid through this node as a magnitude, >= 0.</param>
public sealed record LimitNode(string NodeId, string? ParentId, string Name, LimitSource Source, Power ImportMax, Power ExportMax);

/// <summary>How a station can be made to discharge.</summary>
public enum DischargeMethod
{
    None,
    CentralSetpoint,
    NegativeLimit,

    /// <summary>A vendor's message.</summary>
    DataTransfer,
}

/// <param name="NodeId">The limit node that the EVSE hangs on.</param>
/// <param name="ChargeMax">Cable and pile rating, >= 0.</param>
/// <param name="DischargeMax">Magnitude, >= 0.</param>
/// <param name="Discharge">Whether and how it can discharge; <see cref="DischargeMethod.None"/> forbids it.</param>
public sealed record EvseLayout(EvseId Id, string NodeId, Power ChargeMax, Power DischargeMax, DischargeMethod Discharge);

/// <summary>A site as it is built: limit tree and EVSEs. <see cref="Nodes"/> lists parents before children; the first is the root.</summary>
public sealed record SiteLayout(
    SiteId Id,
    string Name,
    string TimeZone,
    double? Latitude,
    double? Longitude,
    Power BuildingLoad,
    bool GridPermitsExport,
    ImmutableArray<LimitNode> Nodes,
    ImmutableArray<EvseLayout> Evses);
