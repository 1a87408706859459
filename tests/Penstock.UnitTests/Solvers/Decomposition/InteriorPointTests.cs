using CsCheck;
using Penstock.Solvers.Decomposition;
using Penstock.Solvers.Fleet;
using Penstock.Solvers.Interior;
using Penstock.UnitTests.Solvers.Fleet;

namespace Penstock.UnitTests.Solvers.Decomposition;

public sealed class InteriorPointTests
{
    private static readonly Gen<(int Count, int Steps, int Seed, double Import)> Sizes = Gen.Select(Gen.Int[1, 40], Gen.Int[2, 48], Gen.Int[0, 1_000_000], Gen.Double[0.5, 8]);

    [Fact]
    public void Its_prices_prove_the_optimum_of_nested_limits_sun_demand_and_ramps() => Gen.Select(Sizes, Gen.Int[0, 3]).Sample(
        (s, kind) =>
        {
            var fleet = Fleets.Random(s.Count, s.Steps, s.Seed, bothWays: kind == 3 ? 0.3 : 0.7);
            if (kind == 3) (fleet.ChargeEfficiency.AsSpan()).Fill(1);
            if (kind == 3) (fleet.DischargeEfficiency.AsSpan()).Fill(1);
            var problem = Fleets.Problem(fleet, s.Steps, s.Seed, s.Import, s.Import / 3);
            if (kind is 1 or 2) problem = Fleets.WithSites(problem, s.Seed, sun: kind == 2);
            if (kind == 3) problem = problem with { DemandCharge = new DemandCharge(3, s.Count), Ramps = [.. Enumerable.Range(1, (s.Steps - 1) / 3).Select(k => new RampLimit(3 * k, 0.3 * s.Count))], PvAvailable = Fleets.Prices(s.Steps, s.Seed, 0, s.Count) };
            var tree = LimitTree.Of(problem);
            var interior = new InteriorPoint(problem, tree, InTurn.OneByOne);
            interior.Solve(1, 1e-9);
            var optimum = LinearOracle.Optimum(problem);
            var bound = PriceBound.Of(problem, tree, interior.Prices(), InTurn.OneByOne);
            Assert.InRange(interior.Iterations, 1, 60);
            var tolerance = (2e-5 * Math.Abs(optimum)) + (1e-3 * s.Count);
            Assert.InRange(bound - optimum, -tolerance, tolerance);
        },
        iter: 100);

    [Theory]
    [InlineData(7, 39, 443, 6.5)]
    [InlineData(6, 35, 487, 3)]
    [InlineData(1, 35, 303, 2)]
    [InlineData(24, 35, 61, 4)]
    public void It_stops_where_double_precision_ends(int count, int steps, int seed, double import)
    {
        var problem = Fleets.Problem(Fleets.Random(count, steps, seed, bothWays: 0.3), steps, seed, import, 1) with { DemandCharge = new DemandCharge(3, count) };
        var tree = LimitTree.Of(problem);
        var interior = new InteriorPoint(problem, tree, InTurn.OneByOne);
        interior.Solve(1, 1e-15); // closer than any double can come
        Assert.All(interior.Prices().Net, p => Assert.True(double.IsFinite(p)));
        Assert.All(interior.Schedules(), cell => Assert.All(cell, kilowatt => Assert.True(float.IsFinite(kilowatt))));
        Assert.Equal(LinearOracle.Optimum(problem), PriceBound.Of(problem, tree, interior.Prices(), InTurn.OneByOne), 0.01);
    }
}
