using System.Globalization;
using NodaTime;
using Penstock.Core.Metering;
using Penstock.Core.Settlement;
using Penstock.Core.Sites;
using Penstock.Core.Tariffs;
using Penstock.Server.Storage;

namespace Penstock.Server.Api;

/// <summary>Shapes of /api/v1. Power in kW, positive from the grid; money as decimal text; null = unknown.</summary>
public sealed record MoneyView(string Amount, string Currency);

/// <param name="Values">values[i] holds from start + i * resolutionSeconds; null = gap.</param>
public sealed record SeriesView(DateTimeOffset Start, int ResolutionSeconds, string Unit, IReadOnlyList<double?> Values);

public sealed record PageView<T>(IReadOnlyList<T> Items, string? Next);

public sealed record StatementLineView(
    string Kind, string? Band, string? EventId, string QuantityKwh, string PricePerKwh, MoneyView Amount, string Rule, string Evidence, bool Informational);

public sealed record RegistersView(string ImportStartKwh, string ImportEndKwh, string ExportStartKwh, string ExportEndKwh);

public sealed record PostingView(string Account, string Debit, string Credit);

public sealed record StatementView(
    string StatementId, string OwnerId, string VehicleId, string SessionId, DateTimeOffset Start, DateTimeOffset End, MoneyView Total, double EnergyImportedKwh, double EnergyExportedKwh,
    DateTimeOffset IssuedAt, string TimeZone, IReadOnlyList<StatementLineView> Lines, RegistersView Registers, int EstimatedIntervals, int Intervals,
    IReadOnlyList<PostingView> Postings, string TariffVersion, bool Simulated)
{
    public static StatementView Of(Statement statement, IReadOnlyList<RegisterReading> registers, Instant issuedAt, string timeZone)
    {
        var (first, last, moved) = (registers[0], registers[^1], RegisterLine.Moved(registers));
        return new StatementView(
            $"ST-{statement.Session.Value}", statement.Owner.Value, statement.Vehicle.Value, statement.Session.Value, statement.Stay.Start.ToDateTimeOffset(), statement.Stay.End.ToDateTimeOffset(),
            Names.Money(statement.Total), (double)moved.ImportWh / 1000, (double)moved.ExportWh / 1000, issuedAt.ToDateTimeOffset(), timeZone,
            [.. statement.Lines.Select(l => new StatementLineView(
                Names.Camel(l.Kind.ToString()), l.Band is { } band ? Names.Of(band) : null, l.Event?.Value, Text(l.QuantityWh / 1000), Text(l.Price.PerKilowattHour), Names.Money(l.Amount), l.Rule, l.Evidence, l.Informational))],
            new RegistersView(Text(first.ImportWh / 1000), Text(last.ImportWh / 1000), Text(first.ExportWh / 1000), Text(last.ExportWh / 1000)),
            statement.EstimatedIntervals, statement.Intervals,
            [.. statement.Postings.Select(p => new PostingView(p.Account, p.Amount.Amount < 0 ? Text(-p.Amount.Amount) : "0.00", p.Amount.Amount > 0 ? Text(p.Amount.Amount) : "0.00"))],
            statement.TariffVersion, Simulated: false);
    }

    private static string Text(decimal value) => value.ToString("0.00####", CultureInfo.InvariantCulture);
}

/// <summary>Domain words as the API spells them.</summary>
internal static class Names
{
    internal static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    internal static string Of(LimitSource source) => Camel(source.ToString());

    internal static string Of(Band band) => Camel(band.ToString());

    internal static MoneyView Money(Core.Units.Money money) => new(money.Amount.ToString("0.00", CultureInfo.InvariantCulture), money.Currency.Code);

    internal static double Kw(Core.Units.Power power) => Math.Round(power.Kilowatts, 3);
}
