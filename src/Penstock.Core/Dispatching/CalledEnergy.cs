using NodaTime;
using Penstock.Core.Units;

namespace Penstock.Core.Dispatching;

/// <summary>What a vehicle was asked to give under orders this month, and what it could have given while they held; grid side. The second key of dispatch: who gave more of what it offered is spared.</summary>
public readonly record struct CalledEnergy(Energy Called, Energy Offered)
{
    /// <summary>Less offered than this says nothing.</summary>
    public static readonly Energy OfferedLeast = Energy.FromKilowattHours(1);

    public static CalledEnergy operator +(CalledEnergy a, CalledEnergy b) => new(a.Called + b.Called, a.Offered + b.Offered);

    /// <summary>0 to 1; null while too little was offered.</summary>
    public double? Share => Offered < OfferedLeast ? null : Math.Clamp(Called.KilowattHours / Offered.KilowattHours, 0, 1);

    /// <summary>Adds what a setpoint of an order asked for and could have asked for while it held.</summary>
    public CalledEnergy After(Setpoint held, Duration time) => held.Order is null ? this : new CalledEnergy(
        Called + Energy.FromKilowattHours(Math.Max(0, -held.Power.Kilowatts) * time.TotalHours), Offered + Energy.FromKilowattHours(held.Offered.Kilowatts * time.TotalHours));
}
