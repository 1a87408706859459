using System.Globalization;
using Penstock.Ocpp.V16;
using Penstock.Server.Capability;

namespace Penstock.Server.Gateway;

/// <summary>OCPP 1.6 to reports. A connector is an EVSE.</summary>
internal static class Translation16
{
    internal static IEnumerable<StationReport> Read(StartTransactionRequest message, int transactionId, ReadingContext context)
    {
        var (time, transaction) = (DeviceClock.Read(message.Timestamp, context), Text(transactionId));
        yield return new TransactionStarted(time.At, message.ConnectorId, transaction, message.IdTag) { Clock = time.Mark };
        yield return Register(time, message.ConnectorId, transaction, message.MeterStart, context.Quirk);
    }

    /// <param name="transactionId">As it was given; some stations do not know it.</param>
    internal static IEnumerable<StationReport> Read(StopTransactionRequest message, int transactionId, ReadingContext context)
    {
        var (time, transaction) = (DeviceClock.Read(message.Timestamp, context), Text(transactionId));
        foreach (var data in message.TransactionData ?? [])
        {
            yield return SampleReader.Read(DeviceClock.Read(data.Timestamp, context), null, transaction, data.SampledValue.Select(s =>
                Raw(s.Value, Name(s.Measurand?.ToString()), s.Unit?.ToString(), s.Phase?.ToString())).OfType<RawSample>(), context.Quirk);
        }

        yield return Register(time, null, transaction, message.MeterStop, context.Quirk);
        yield return new TransactionEnded(time.At, transaction, message.Reason?.ToString()) { Clock = time.Mark };
    }

    internal static IEnumerable<StationReport> Read(MeterValuesRequest message, ReadingContext context) => message.MeterValue.Select(value => SampleReader.Read(
        DeviceClock.Read(value.Timestamp, context),
        message.ConnectorId,
        message.TransactionId is > 0 and var id ? Text(id) : null, // ids are ours and positive: some stations say -1 or 0 where they know none
        value.SampledValue.Select(s => Raw(s.Value, Name(s.Measurand?.ToString()), s.Unit?.ToString(), s.Phase?.ToString())).OfType<RawSample>(), context.Quirk));

    private static MeterSampled Register(DeviceTime time, int? connector, string transaction, int wattHours, QuirkProfile quirk) =>
        SampleReader.Read(time, connector, transaction, [new RawSample(RawMeasurand.ImportRegister, wattHours, "Wh", 0, OfPhase: false)], quirk);

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
