namespace Penstock.Core.Units;

/// <summary>An ISO 4217 currency code. The default is CNY.</summary>
public readonly record struct Currency
{
    private readonly string? code;

    private Currency(string code) => this.code = code;

    public static Currency Cny => default;

    public string Code => code ?? "CNY";

    /// <exception cref="ArgumentException">The code is not three capital letters.</exception>
    public static Currency Of(string code) => code is { Length: 3 } && code.All(char.IsAsciiLetterUpper)
        ? code == "CNY" ? default : new(code)
        : throw new ArgumentException($"A currency is an ISO 4217 code of three capital letters, not \"{code}\".", nameof(code));

    public override string ToString() => Code;
}

/// <summary>An exact amount of money. Rounded once per statement line, half away from zero to the currency's minor unit (fen).</summary>
public readonly record struct Money(decimal Amount, Currency Currency)
{
    public static Money Zero(Currency currency) => new(0m, currency);

    /// <summary>Half-up (away from zero) to two decimals: the one rounding of a statement line.</summary>
    public Money Rounded() => new(decimal.Round(Amount, 2, MidpointRounding.AwayFromZero), Currency);

    public override string ToString() => FormattableString.Invariant($"{Amount:0.00####} {Currency}");

    public static Money operator +(Money a, Money b) => new(a.Amount + b.Same(a.Currency).Amount, a.Currency);

    public static Money operator -(Money a, Money b) => new(a.Amount - b.Same(a.Currency).Amount, a.Currency);

    public static Money operator -(Money a) => new(-a.Amount, a.Currency);

    public static Money operator *(Money a, decimal factor) => new(a.Amount * factor, a.Currency);

    private Money Same(Currency other) => Currency == other
        ? this
        : throw new InvalidOperationException($"{this} and an amount in {other} cannot be added: convert first.");
}

/// <summary>An exact price per kWh.</summary>
public readonly record struct EnergyPrice(decimal PerKilowattHour, Currency Currency)
{
    /// <summary>The unrounded amount for a quantity in Wh.</summary>
    public Money For(decimal wattHours) => new(PerKilowattHour * wattHours / 1000m, Currency);

    /// <summary>The price as planning sees it: double, per kWh.</summary>
    public double ForPlanning => (double)PerKilowattHour;

    public override string ToString() => FormattableString.Invariant($"{PerKilowattHour:0.0000##} {Currency}/kWh");
}
