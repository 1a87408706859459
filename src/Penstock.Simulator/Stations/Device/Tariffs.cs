using Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations.Device;

/// <summary>Tariffs and running cost (block I): defaults by EVSE (0 = all), one of a transaction's driver, what the central system says a transaction costs so far.</summary>
internal sealed class Tariffs(DeviceState device)
{
    /// <summary>Prices that a part of a tariff may list (TariffCostCtrlr.MaxElements).</summary>
    internal const int PricesMax = 32;

    private readonly Dictionary<int, Tariff> defaults = [];
    private readonly Dictionary<string, Tariff> drivers = [];
    private readonly Dictionary<string, decimal> costs = [];

    /// <summary>The running cost as it was last told, in the tariff's currency; null = never told.</summary>
    internal decimal? Cost(string transaction) => costs.TryGetValue(transaction, out var cost) ? cost : null;

    internal SetDefaultTariffResponse SetDefault(SetDefaultTariffRequest asked)
    {
        if (asked.EvseId != 0 && device.Station.Outlets.All(o => o.Evse != asked.EvseId)) return new SetDefaultTariffResponse { Status = TariffSetStatus.Rejected, StatusInfo = new StatusInfo { ReasonCode = "UnknownEvse" } };
        if (TooMany(asked.Tariff)) return new SetDefaultTariffResponse { Status = TariffSetStatus.TooManyElements };
        if (defaults.Any(d => d.Value.TariffId == asked.Tariff.TariffId && d.Key != asked.EvseId && d.Value != asked.Tariff)) return new SetDefaultTariffResponse { Status = TariffSetStatus.DuplicateTariffId };
        defaults[asked.EvseId] = asked.Tariff;
        return new SetDefaultTariffResponse { Status = TariffSetStatus.Accepted };
    }

    internal GetTariffsResponse Get(int evse)
    {
        var mine = defaults.Where(d => evse == 0 || d.Key == 0 || d.Key == evse).GroupBy(d => d.Value.TariffId, StringComparer.Ordinal).Select(g => new TariffAssignment
        {
            TariffId = g.Key, TariffKind = TariffKind.DefaultTariff, ValidFrom = g.First().Value.ValidFrom, EvseIds = [.. g.SelectMany(d => d.Key == 0 ? device.Station.Outlets.Select(o => o.Evse) : [d.Key]).Distinct()],
        }).Concat(drivers.Where(d => device.Station.FindSession(d.Key) is { } s && (evse == 0 || s.Evse == evse)).Select(d => new TariffAssignment { TariffId = d.Value.TariffId, TariffKind = TariffKind.DriverTariff })).ToList();
        return new GetTariffsResponse { Status = mine.Count > 0 ? TariffGetStatus.Accepted : TariffGetStatus.NoTariff, TariffAssignments = mine.Count > 0 ? mine : null };
    }

    internal ClearTariffsResponse Clear(ClearTariffsRequest asked)
    {
        var wanted = asked.TariffIds ?? [.. defaults.Where(d => asked.EvseId is null || d.Key == asked.EvseId).Select(d => d.Value.TariffId).Distinct()];
        var results = wanted.Select(id =>
        {
            var gone = defaults.Where(d => d.Value.TariffId == id && (asked.EvseId is null || d.Key == asked.EvseId)).Select(d => d.Key).ToList();
            foreach (var key in gone) defaults.Remove(key);
            return new ClearTariffsResult { TariffId = id, Status = gone.Count > 0 ? TariffClearStatus.Accepted : TariffClearStatus.NoTariff };
        }).ToList();
        return new ClearTariffsResponse { ClearTariffsResult = results.Count > 0 ? results : [new ClearTariffsResult { Status = TariffClearStatus.NoTariff }] };
    }

    internal ChangeTransactionTariffResponse Change(ChangeTransactionTariffRequest asked)
    {
        ChangeTransactionTariffResponse Answer(TariffChangeStatus status) => new() { Status = status };
        if (device.Station.FindSession(asked.TransactionId) is null) return Answer(TariffChangeStatus.TxNotFound);
        if (TooMany(asked.Tariff)) return Answer(TariffChangeStatus.TooManyElements);
        var before = drivers.GetValueOrDefault(asked.TransactionId) ?? defaults.Values.FirstOrDefault();
        if (before is not null && before.Currency != asked.Tariff.Currency) return Answer(TariffChangeStatus.NoCurrencyChange);
        drivers[asked.TransactionId] = asked.Tariff;
        device.Station.SayUpdate(asked.TransactionId, TriggerReason.TariffChanged);
        return Answer(TariffChangeStatus.Accepted);
    }

    internal CostUpdatedResponse CostUpdated(CostUpdatedRequest told)
    {
        if (device.Station.FindSession(told.TransactionId) is not null) costs[told.TransactionId] = told.TotalCost;
        return new CostUpdatedResponse();
    }

    internal string? Of(string transaction, int evse) => (drivers.GetValueOrDefault(transaction) ?? defaults.GetValueOrDefault(evse) ?? defaults.GetValueOrDefault(0))?.TariffId;

    internal void TransactionEnded(string transaction)
    {
        drivers.Remove(transaction);
        costs.Remove(transaction);
    }

    private static bool TooMany(Tariff t) => new[] { t.Energy?.Prices.Count, t.ChargingTime?.Prices.Count, t.IdleTime?.Prices.Count, t.FixedFee?.Prices.Count }.Any(n => n > PricesMax);
}
