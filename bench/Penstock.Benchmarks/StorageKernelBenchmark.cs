using BenchmarkDotNet.Attributes;
using Penstock.Solvers.Storage;

namespace Penstock.Benchmarks;

/// <summary>The exact optimum of one battery over a day of quarter-hours.</summary>
[MemoryDiagnoser]
public class StorageKernelBenchmark
{
    private readonly double[] buy = new double[96];
    private readonly double[] sell = new double[96];
    private readonly double[] upTo = new double[96];
    private readonly double[] downTo = new double[96];
    private readonly double[] power = new double[96];
    private readonly double[] workspace = new double[StorageKernel.Workspace(96)];

    [Params(32, 96)]
    public int Steps { get; set; }

    [GlobalSetup]
    public void Prices()
    {
        var chance = new Random(7);
        for (var t = 0; t < 96; t++) (buy[t], sell[t]) = (0.4 + (0.7 * chance.NextDouble()), 0.2 + (0.5 * chance.NextDouble()));
    }

    [Benchmark]
    public StorageCost ChargeOnly() => Solve(0);

    [Benchmark]
    public StorageCost BothWays() => Solve(60);

    private StorageCost Solve(double dischargeMax) => StorageKernel.Solve(
        new StorageProblem(24, 15, 60, 48, 60, dischargeMax, 0.95, 0.95, 0.15, 200, 0.2), buy.AsSpan(0, Steps), sell.AsSpan(0, Steps), 0.25, upTo.AsSpan(0, Steps), downTo.AsSpan(0, Steps), power.AsSpan(0, Steps), workspace);
}
