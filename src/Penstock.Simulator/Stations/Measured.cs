using System.Globalization;
using V16 = Penstock.Ocpp.V16;
using V21 = Penstock.Ocpp.V21;

namespace Penstock.Simulator.Stations;

/// <summary>A measurand: its name in the standard, in both vocabularies, and where it is in a sample.</summary>
internal sealed record Measured(string Name, V21.Measurand Of2x, V16.Measurand? Of16, string Unit, V16.Unit? Unit16, Func<StationSample, double?> Value)
{
    internal static IReadOnlyDictionary<string, Measured> All { get; } = new Measured[]
    {
        new("Energy.Active.Import.Register", V21.Measurand.EnergyActiveImportRegister, V16.Measurand.EnergyActiveImportRegister, "Wh", V16.Unit.Wh, s => (double)s.ImportWh),
        new("Energy.Active.Export.Register", V21.Measurand.EnergyActiveExportRegister, V16.Measurand.EnergyActiveExportRegister, "Wh", V16.Unit.Wh, s => (double)s.ExportWh),
        new("Power.Active.Import", V21.Measurand.PowerActiveImport, V16.Measurand.PowerActiveImport, "W", V16.Unit.W, s => Math.Max(0, s.PowerKw) * 1000),
        new("Power.Active.Export", V21.Measurand.PowerActiveExport, V16.Measurand.PowerActiveExport, "W", V16.Unit.W, s => Math.Max(0, -s.PowerKw) * 1000),
        new("SoC", V21.Measurand.SoC, V16.Measurand.SoC, "Percent", V16.Unit.Percent, s => s.Fraction * 100),
        new("Power.Active.Setpoint", V21.Measurand.PowerActiveSetpoint, null, "W", null, s => s.SetpointKw * 1000),
        new("Power.Reactive.Import", V21.Measurand.PowerReactiveImport, V16.Measurand.PowerReactiveImport, "var", V16.Unit.Var, s => Math.Max(0, s.KiloVars) * 1000),
        new("Power.Reactive.Export", V21.Measurand.PowerReactiveExport, V16.Measurand.PowerReactiveExport, "var", V16.Unit.Var, s => Math.Max(0, -s.KiloVars) * 1000),
        new("Frequency", V21.Measurand.Frequency, V16.Measurand.Frequency, "Hertz", null, s => s.Hz),
        new("Voltage", V21.Measurand.Voltage, V16.Measurand.Voltage, "V", V16.Unit.V, s => s.VoltagePercent * 2.3),
    }.ToDictionary(m => m.Name, StringComparer.Ordinal);

    private static readonly Measured[] Usual = [.. Device.ModelRows.Measured.Split(',').Select(n => All[n])];

    internal static V21.MeterValue Of2(StationSample sample) => new()
    {
        Timestamp = sample.At,
        SampledValue = [.. Wanted(sample).Select(m => new V21.SampledValue { Context = sample.Context, Measurand = m.Of2x, Value = m.Rounded(sample), UnitOfMeasure = new V21.UnitOfMeasure { Unit = m.Unit } })],
    };

    internal static V16.MeterValue Of1(StationSample sample) => new()
    {
        Timestamp = sample.At,
        SampledValue =
        [
            .. Wanted(sample).Where(m => m.Of16 is not null).Select(m => new V16.SampledValue
            {
                Context = sample.Context == V21.ReadingContext.SampleClock ? V16.Context.SampleClock : null, Measurand = m.Of16, Value = m.Rounded(sample).ToString(CultureInfo.InvariantCulture), Unit = m.Unit16,
            }),
        ],
    };

    private decimal Rounded(StationSample sample) => Of2x is V21.Measurand.EnergyActiveImportRegister ? sample.ImportWh : Of2x is V21.Measurand.EnergyActiveExportRegister ? sample.ExportWh : (decimal)Math.Round(Value(sample) ?? 0, Of2x is V21.Measurand.Frequency ? 3 : 1);

    private static IEnumerable<Measured> Wanted(StationSample sample) => sample.Measurands is { } names ? names.Select(n => All[n]).Where(m => m.Value(sample) is not null) : Usual;
}
