using System.Globalization;
using NodaTime;
using Penstock.Ocpp.V16;

namespace Penstock.Server.Gateway;

/// <summary>OCPP 1.6 to reports. A connector is an EVSE.</summary>
internal static class Translation16
{
    internal static IEnumerable<StationReport> Read(StartTransactionRequest message, int transactionId, Instant now)
    {
        var (time, transaction) = (DeviceClock.Read(message.Timestamp, now), Text(transactionId));
        yield return new TransactionStarted(time.At, message.ConnectorId, transaction, message.IdTag) { AtReceipt = time.AtReceipt };
        yield return Register(time, message.ConnectorId, transaction, message.MeterStart);
    }

    internal static IEnumerable<StationReport> Read(StopTransactionRequest message, Instant now)
    {
        var (time, transaction) = (DeviceClock.Read(message.Timestamp, now), Text(message.TransactionId));
        foreach (var data in message.TransactionData ?? [])
        {
            yield return SampleReader.Read(DeviceClock.Read(data.Timestamp, now), null, transaction, data.SampledValue.Select(s =>
                Raw(s.Value, Name(s.Measurand?.ToString()), s.Unit?.ToString(), s.Phase?.ToString())).OfType<RawSample>());
        }

        yield return Register(time, null, transaction, message.MeterStop);
        yield return new TransactionEnded(time.At, transaction, message.Reason?.ToString()) { AtReceipt = time.AtReceipt };
    }

    internal static IEnumerable<StationReport> Read(MeterValuesRequest message, Instant now) => message.MeterValue.Select(value => SampleReader.Read(
        DeviceClock.Read(value.Timestamp, now),
        message.ConnectorId,
        message.TransactionId is { } id ? Text(id) : null,
        value.SampledValue.Select(s => Raw(s.Value, Name(s.Measurand?.ToString()), s.Unit?.ToString(), s.Phase?.ToString())).OfType<RawSample>()));

    private static MeterSampled Register(DeviceTime time, int? connector, string transaction, int wattHours) =>
        new(time.At, connector, transaction, null, SampleReader.BelievedRegister(wattHours), null, null) { AtReceipt = time.AtReceipt };

    private static string Text(int transactionId) => transactionId.ToString(CultureInfo.InvariantCulture);

    /// <summary>1.6 sends values as text; what is no number is no measurement.</summary>
    private static RawSample? Raw(string value, RawMeasurand measurand, string? unit, string? phase) =>
        decimal.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? new RawSample(measurand, number, unit, 0, phase is not null && phase.StartsWith('L') && !phase.Contains("L1L", StringComparison.Ordinal))
            : null;

    private static RawMeasurand Name(string? measurand) => measurand switch
    {
        null or nameof(Measurand.EnergyActiveImportRegister) => RawMeasurand.ImportRegister,
        nameof(Measurand.EnergyActiveExportRegister) => RawMeasurand.ExportRegister,
        nameof(Measurand.PowerActiveImport) => RawMeasurand.ImportPower,
        nameof(Measurand.PowerActiveExport) => RawMeasurand.ExportPower,
        nameof(Measurand.SoC) => RawMeasurand.StateOfCharge,
        _ => RawMeasurand.Other,
    };
}
