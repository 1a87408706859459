using System.Collections.Immutable;
using Penstock.Core.Sites;
using Penstock.Core.Units;

namespace Penstock.Core.Dispatching;

/// <summary>One bar of the limits stack: what a source allows, charge and discharge.</summary>
/// <param name="Lower">Least power it allows (negative = discharge).</param>
/// <param name="Upper">Largest power it allows.</param>
public sealed record LimitBar(LimitSource Source, string Name, Power Lower, Power Upper, bool Binding);

/// <summary>Which condition for discharge did not hold. Discharge needs all of them.</summary>
public enum DischargeRefusal
{
    Capability, Contract, StateOfCharge, GridPermission, Departure, ChargeNow, DischargeBudget,
}

/// <summary>What an EVSE shall do now, and why.</summary>
/// <param name="Binding">What set the power: the limit or the goal that decided it.</param>
/// <param name="RunnerUp">What would bind next.</param>
public sealed record Setpoint(
    EvseId Evse,
    Power Power,
    LimitSource Binding,
    LimitSource? RunnerUp,
    ImmutableArray<LimitBar> Limits,
    ImmutableArray<DischargeRefusal> Refusals)
{
    /// <summary>Where an order found it; null without an order.</summary>
    public DispatchOrder? Order { get; init; }

    /// <summary>Under an order: what it could give now, as a magnitude.</summary>
    public Power Offered { get; init; }
}
