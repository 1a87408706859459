using System.Text.Json;
using NJsonSchema;
using NodaTime;
using Penstock.Core.Der;
using Penstock.Ocpp.V21;
using Penstock.Server.Der;
using Penstock.UnitTests.Core.Der;
using Penstock.UnitTests.Ocpp;

namespace Penstock.UnitTests.Server.Der;

public sealed class DerTranslationTests
{
    private static IEnumerable<DerControl> Each => DerKind.All.SelectMany(k => k.CanBeScheduled ? new[] { Controls.Default(k.Type), Controls.Scheduled(k.Type, "s", 1, 0, 60) } : [Controls.Default(k.Type)]);

    [Fact]
    public async Task A_control_of_every_type_satisfies_the_official_schema_and_comes_back_as_it_was()
    {
        var schema = await JsonSchema.FromFileAsync(Path.Combine(Schemas.Root(), "2.1", "SetDERControlRequest.json"), TestContext.Current.CancellationToken);
        foreach (var control in Each)
        {
            var json = JsonSerializer.Serialize(DerTranslation.ToWire(control), SetDERControlRequest.TypeInfo);
            Assert.True(schema.Validate(json).Count == 0, $"{control.Type}: {string.Join("; ", schema.Validate(json))}");
            var (read, faults) = DerTranslation.Read(JsonSerializer.Deserialize(json, SetDERControlRequest.TypeInfo)!);
            Assert.Empty(faults);
            Assert.Equal(control, read);
        }
    }

    [Fact]
    public void A_report_of_every_type_is_read_whole()
    {
        var all = Each.Select((c, i) => c with { Id = $"c{i}" }).ToList();
        var wire = all.ConvertAll(DerTranslation.ToWire);
        var report = new ReportDERControlRequest
        {
            RequestId = 1,
            Curve = [.. wire.Where(w => w.Curve is not null).Select(w => new DERCurveGet { Id = w.ControlId, CurveType = w.ControlType, IsDefault = w.IsDefault, IsSuperseded = !w.IsDefault, Curve = w.Curve! })],
            EnterService = [.. wire.Where(w => w.EnterService is not null).Select(w => new EnterServiceGet { Id = w.ControlId, EnterService = w.EnterService! })],
            FixedPFAbsorb = [.. wire.Where(w => w.FixedPFAbsorb is not null).Select(w => new FixedPFGet { Id = w.ControlId, IsDefault = w.IsDefault, IsSuperseded = !w.IsDefault, FixedPF = w.FixedPFAbsorb! })],
            FixedPFInject = [.. wire.Where(w => w.FixedPFInject is not null).Select(w => new FixedPFGet { Id = w.ControlId, IsDefault = w.IsDefault, IsSuperseded = !w.IsDefault, FixedPF = w.FixedPFInject! })],
            FixedVar = [.. wire.Where(w => w.FixedVar is not null).Select(w => new FixedVarGet { Id = w.ControlId, IsDefault = w.IsDefault, IsSuperseded = !w.IsDefault, FixedVar = w.FixedVar! })],
            FreqDroop = [.. wire.Where(w => w.FreqDroop is not null).Select(w => new FreqDroopGet { Id = w.ControlId, IsDefault = w.IsDefault, IsSuperseded = !w.IsDefault, FreqDroop = w.FreqDroop! })],
            Gradient = [.. wire.Where(w => w.Gradient is not null).Select(w => new GradientGet { Id = w.ControlId, Gradient = w.Gradient! })],
            LimitMaxDischarge = [.. wire.Where(w => w.LimitMaxDischarge is not null).Select(w => new LimitMaxDischargeGet { Id = w.ControlId, IsDefault = w.IsDefault, IsSuperseded = !w.IsDefault, LimitMaxDischarge = w.LimitMaxDischarge! })],
        };
        var read = DerTranslation.Read(report).ToDictionary(r => r.Control.Id);
        Assert.Equal(all.Count, read.Count);
        Assert.All(all, c => Assert.Equal((c, !c.IsDefault), (read[c.Id].Control, read[c.Id].IsSuperseded)));
    }

    [Fact]
    public void A_type_is_given_by_its_own_member_alone()
    {
        var good = DerTranslation.ToWire(Controls.Default(DerControlType.VoltVar));
        Assert.Equal([("curve", "oneShape")], Faults(good with { Curve = null }));
        Assert.Equal([("curve", "oneShape")], Faults(good with { FixedVar = new FixedVar { Priority = 0, Setpoint = 1, Unit = DERUnit.PctMaxVar } }));
        Assert.Equal([("curve", "shape")], Faults(good with { ControlType = DERControl.FixedVar }));
        Assert.Equal([("isDefault", "onlyDefault")], Faults(DerTranslation.ToWire(Controls.Default(DerControlType.EnterService)) with { IsDefault = false }));
    }

    [Fact]
    public void A_duration_beyond_all_time_is_refused_and_breaks_nothing()
    {
        var good = DerTranslation.ToWire(Controls.Scheduled(DerControlType.VoltVar, "s", 1, 0, 60));
        Assert.Equal([("duration", "scheduledHasTime")], Faults(good with { Curve = good.Curve! with { Duration = decimal.MaxValue } }));
        Assert.Equal([("duration", "scheduledHasTime")], Faults(good with { Curve = good.Curve! with { Duration = decimal.MinValue } }));
        Assert.Equal(Duration.FromSeconds(0.5), DerTranslation.Read(good with { Curve = good.Curve! with { Duration = 0.5m } }).Control!.Duration);
    }

    private static List<(string, string)> Faults(SetDERControlRequest request) => [.. DerTranslation.Read(request).Faults.Select(f => (f.Field, f.Rule))];
}
