using Penstock.Server.Storage;

namespace Penstock.UnitTests.Server.Storage;

public sealed class ReadingRowTests
{
    [Fact]
    public void An_export_register_that_is_told_late_has_not_moved_before()
    {
        var registers = ReadingRow.Registers([new ReadingRow { At = 1000, ImportWh = "10" }, new ReadingRow { At = 2000, ImportWh = "20", ExportWh = "5000" }, new ReadingRow { At = 3000, ImportWh = "20", ExportWh = "5100" }]);
        Assert.Equal(100, registers[^1].ExportWh - registers[0].ExportWh);
    }

    [Fact]
    public void A_charger_without_an_export_register_exports_nothing() =>
        Assert.All(ReadingRow.Registers([new ReadingRow { At = 1000, ImportWh = "10" }, new ReadingRow { At = 2000, ImportWh = "20" }]), r => Assert.Equal(0, r.ExportWh));
}
