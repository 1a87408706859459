using System.Collections.Immutable;
using NodaTime;
using Penstock.Core.Fleet;
using Penstock.Core.Sites;
using Penstock.Core.Time;
using Penstock.Core.Units;

namespace Penstock.Core.Planning;

public readonly record struct PlanId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>Where the cost of a plan comes from, in the tariff's currency.</summary>
/// <param name="Energy">Import at the buying price less export at the selling price.</param>
/// <param name="Wear">Of the batteries.</param>
/// <param name="Shortfall">Penalty for energy missing at departure.</param>
/// <param name="Leftover">Value of energy above the targets; lowers the cost.</param>
/// <param name="Orders">Penalty for missed orders.</param>
/// <param name="Limits">Penalty for load beyond limits, such as a building's alone.</param>
/// <param name="Subsidies">Taken by the net rule; lowers the cost.</param>
public sealed record PlanCost(double Energy, double Wear, double Shortfall, double Leftover, double Orders, double Limits, double Subsidies)
{
    public double Sum => Energy + Wear + Shortfall - Leftover + Orders + Limits - Subsidies;

    public static PlanCost operator +(PlanCost a, PlanCost b) =>
        new(a.Energy + b.Energy, a.Wear + b.Wear, a.Shortfall + b.Shortfall, a.Leftover + b.Leftover, a.Orders + b.Orders, a.Limits + b.Limits, a.Subsidies + b.Subsidies);
}

/// <summary>The proof beside a plan: cost is at most (Cost - LowerBound) from the optimum. Amounts in the tariff's currency.</summary>
public sealed record Certificate(double Cost, double LowerBound, int Iterations)
{
    /// <summary>(cost - lower bound) / max(1, |cost|).</summary>
    public double Gap => (Cost - LowerBound) / Math.Max(1, Math.Abs(Cost));
}

/// <summary>
/// One session's part of a plan, per slot of the plan's grid.
/// </summary>
/// <param name="Power">Net grid-side power.</param>
/// <param name="StoredEnergy">Energy in the battery at the start of each slot, and at the end: Count + 1 values.</param>
/// <param name="ChargeUpTo">Charge while below this stored energy; null outside the stay.</param>
/// <param name="DischargeDownTo">Discharge while above this stored energy; null outside the stay.</param>
public sealed record SessionPlan(
    SessionId Session,
    VehicleId? Vehicle,
    EvseId Evse,
    ImmutableArray<Power> Power,
    ImmutableArray<Energy> StoredEnergy,
    ImmutableArray<Energy?> ChargeUpTo,
    ImmutableArray<Energy?> DischargeDownTo);

/// <summary>A limit that binds in a slot and what one more kWh through it would be worth.</summary>
public sealed record BindingLimit(string NodeId, string Name, LimitSource Source, int Slot, double ShadowPricePerKilowattHour);

/// <summary>A wish that could not be met: what was relaxed and by how much.</summary>
/// <param name="What">A code: targetEnergy, floor, nodeImport, nodeExport, gridEvent.</param>
public sealed record Relaxation(VehicleId? Vehicle, SiteId? Site, string What, double By, string Unit);

/// <summary>A plan for one site: always feasible, with its certificate and what binds.</summary>
/// <param name="PricePerKilowattHour">What one more kWh of load would cost in each slot: the tariff, and orders where they bind.</param>
public sealed record Plan(
    PlanId Id,
    SiteId Site,
    Instant MadeAt,
    string Trigger,
    TimeGrid Grid,
    ImmutableDictionary<SessionId, SessionPlan> Sessions,
    ImmutableArray<Power> Aggregate,
    ImmutableArray<double> PricePerKilowattHour,
    PlanCost Cost,
    Certificate Certificate,
    ImmutableArray<BindingLimit> Binding,
    ImmutableArray<Relaxation> Relaxed);
