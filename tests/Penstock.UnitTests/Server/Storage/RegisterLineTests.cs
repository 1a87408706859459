using System.Globalization;
using CsCheck;
using NodaTime;
using Penstock.Core.Metering;
using Penstock.Server.Storage;

namespace Penstock.UnitTests.Server.Storage;

public sealed class RegisterLineTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("5", "5")]
    [InlineData("1,2,3", "1,2,3")]
    [InlineData("1,2,0,3", "1,2,3")]
    [InlineData("1,2,0,0,3", "1,2,3")]
    [InlineData("1,2,900,3", "1,2,3")]
    [InlineData("1,2,900,901,3", "1,2,3")]
    [InlineData("10,30,0,5,15", "10,30,0,5,15")]
    [InlineData("10,30,0,1,2,40", "10,30,0,1,2,40")]
    public void A_slip_is_left_out_and_a_register_set_anew_is_kept(string told, string kept) =>
        Assert.Equal(kept, string.Join(',', RegisterLine.WithoutSlips(Line(told)).Select(r => r.ImportWh.ToString(CultureInfo.InvariantCulture))));

    [Fact]
    public void A_slip_of_the_export_register_is_left_out_too()
    {
        RegisterReading[] line = [At(0, 1, 10), At(1, 2, 0), At(2, 3, 12)];
        Assert.Equal((2m, 2m), RegisterLine.Moved(RegisterLine.WithoutSlips(line)));
    }

    [Fact]
    public void A_rising_register_is_kept_whole() =>
        Gen.Int[0, 1000].List[0, 40].Sample(steps =>
        {
            var line = steps.Select((_, i) => At(i, steps.Take(i + 1).Sum(), 0)).ToList();
            return RegisterLine.WithoutSlips(line).SequenceEqual(line);
        });

    [Fact]
    public void Energy_is_never_negative_and_never_more_than_with_the_slips() =>
        Gen.Int[0, 1000].List[0, 20].Sample(values =>
        {
            var line = values.Select((v, i) => At(i, v, 0)).ToList();
            var moved = RegisterLine.Moved(RegisterLine.WithoutSlips(line)).ImportWh;
            return moved >= 0 && moved <= RegisterLine.Moved(line).ImportWh;
        });

    private static List<RegisterReading> Line(string told) =>
        [.. told.Split(',', StringSplitOptions.RemoveEmptyEntries).Select((v, i) => At(i, int.Parse(v, CultureInfo.InvariantCulture), 0))];

    private static RegisterReading At(int minute, decimal import, decimal export) => new(Instant.FromUtc(2026, 4, 2, 9, 0) + Duration.FromMinutes(minute), import, export);
}
