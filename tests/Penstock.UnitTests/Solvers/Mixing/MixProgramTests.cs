using CsCheck;
using Penstock.Solvers.Mixing;

namespace Penstock.UnitTests.Solvers.Mixing;

public sealed class MixProgramTests
{
    private static readonly Gen<(int Rows, int Blocks, int Columns, int Free, int Seed)> Sizes = Gen.Select(Gen.Int[1, 12], Gen.Int[1, 10], Gen.Int[1, 6], Gen.Int[0, 4], Gen.Int[0, 1_000_000]);

    [Fact]
    public void At_the_optimum_primal_and_dual_values_meet_and_the_rows_add_up() => Sizes.Sample(s =>
    {
        var draft = Draft.Of(s.Rows, s.Blocks, s.Columns, s.Free, s.Seed);
        var program = draft.Program(s.Columns);
        program.Start();
        Assert.True(program.Solve(1e-11, 10_000));
        draft.Check(program);
        Assert.Equal(draft.Dual(program), program.Objective(), 7);
    },
    iter: 500);

    [Fact]
    public void Columns_added_later_and_changed_costs_give_the_same_value_as_from_the_start() => Sizes.Sample(s =>
    {
        var draft = Draft.Of(s.Rows, s.Blocks, s.Columns, s.Free, s.Seed);
        var step = draft.Program(1);
        step.Start();
        step.Solve(1e-11, 10_000);
        for (var k = 1; k < s.Columns; k++)
        {
            draft.AddTo(step, k);
            Assert.True(step.Solve(1e-11, 10_000));
        }

        var once = draft.Program(s.Columns);
        once.Start();
        once.Solve(1e-11, 10_000);
        Assert.Equal(once.Objective(), step.Objective(), 7);
        draft.Check(step);
        for (var c = 0; c < step.Columns; c++) step.Recost(c, step.Cost(c) * 2);
        Assert.True(step.Solve(1e-11, 10_000));
        Assert.Equal(draft.Dual(step), step.Objective(), 7);
    },
    iter: 300);

    [Fact]
    public void Any_prices_value_is_at_most_any_mixtures_cost() => Sizes.Sample(s =>
    {
        var draft = Draft.Of(s.Rows, s.Blocks, s.Columns, s.Free, s.Seed);
        var program = draft.Program(s.Columns);
        program.Start();
        program.Solve(1e-11, 3); // far from the optimum
        Assert.True(draft.Dual(program) <= program.Objective() + 1e-9);
    },
    iter: 200);

    [Fact]
    public void A_block_with_two_loads_fills_a_limit_exactly()
    {
        var program = new MixProgram(1, [ConvexCost.Of(0, 0, [(0, 5), (10, 95)])], [0]); // beyond 5 a unit costs 10
        program.AddColumn(0, [8], 0);
        program.AddColumn(0, [2], 9);
        program.Start();
        Assert.True(program.Solve(1e-12, 100));
        Assert.Equal(0.5, program.Weight(0), 9);
        Assert.Equal(4.5, program.Objective(), 9);
        Assert.Equal(1.5, program.Prices[0], 9);
    }

    [Fact]
    public void A_program_whose_cost_falls_without_end_says_so()
    {
        var program = new MixProgram(1, [ConvexCost.Of(0, 0, [(1, double.PositiveInfinity)])], [0]);
        program.AddColumn(0, [1], 0);
        program.AddFree([1], -5, double.PositiveInfinity);
        program.Start();
        Assert.Throws<InvalidOperationException>(() => program.Solve(1e-9, 100));
    }

    /// <summary>A random program that can be built in steps.</summary>
    private sealed record Draft(ConvexCost[] Costs, double[] Offset, (double[] Entries, double Cost)[][] Blocks, (double[] Entries, double Cost, double Limit)[] Free)
    {
        internal static Draft Of(int rows, int blocks, int columns, int free, int seed)
        {
            var chance = new Random(seed);
            double Between(double a, double b) => a + ((b - a) * chance.NextDouble());
            double[] Entries() => [.. Enumerable.Range(0, rows).Select(_ => chance.Next(3) == 0 ? 0 : chance.Next(2) == 0 ? chance.Next(-4, 5) : Between(-4, 4))];
            var reach = (4.0 * blocks) + (12.0 * free) + 5;
            var costs = Enumerable.Range(0, rows).Select(_ => ConvexCost.Of(-reach, Between(-1, 1), [(Between(-6, -2), reach - Between(0, 3)), (Between(-1, 0), Between(0, 4)), (Between(0, 1), Between(0, 4)), (Between(2, 6), 2 * reach)])).ToArray();
            return new Draft(
                costs, [.. Enumerable.Range(0, rows).Select(_ => Between(-2, 2))],
                [.. Enumerable.Range(0, blocks).Select(_ => Enumerable.Range(0, columns).Select(_ => (Entries(), Between(-2, 2))).ToArray())],
                [.. Enumerable.Range(0, free).Select(_ => (Entries(), Between(-2, 2), Between(0, 3)))]);
        }

        internal MixProgram Program(int columns)
        {
            var program = new MixProgram(Blocks.Length, Costs, Offset);
            for (var k = 0; k < columns; k++) AddTo(program, k);
            foreach (var (entries, cost, limit) in Free) program.AddFree(entries, cost, limit);
            return program;
        }

        internal void AddTo(MixProgram program, int k)
        {
            for (var g = 0; g < Blocks.Length; g++) program.AddColumn(g, Blocks[g][k].Entries, Blocks[g][k].Cost);
        }

        internal void Check(MixProgram program)
        {
            var value = Offset.ToArray();
            for (var c = 0; c < program.Columns; c++)
            {
                Assert.InRange(program.Weight(c), 0, double.PositiveInfinity);
                for (var r = 0; r < value.Length; r++) value[r] += program.Weight(c) * program.Column(c)[r];
            }

            for (var g = 0; g < Blocks.Length; g++) Assert.Equal(1, program.ColumnsOf(g).Sum(program.Weight), 9);
            for (var r = 0; r < value.Length; r++) Assert.Equal(value[r], program.Values[r], 8);
        }

        /// <summary>The Lagrangian value at the program's prices.</summary>
        internal double Dual(MixProgram program)
        {
            var sum = Enumerable.Range(0, Blocks.Length).Sum(program.BlockValue);
            for (var r = 0; r < Offset.Length; r++) sum += Costs[r].Conjugate(program.Prices[r]) + (program.Prices[r] * Offset[r]);
            foreach (var c in Enumerable.Range(0, program.Columns).Except(Enumerable.Range(0, Blocks.Length).SelectMany(program.ColumnsOf)))
            {
                var gain = program.Cost(c);
                for (var r = 0; r < Offset.Length; r++) gain += program.Prices[r] * program.Column(c)[r];
                sum += Math.Min(0, gain) * Free[FreeNumber(program, c)].Limit;
            }

            return sum;
        }

        private int FreeNumber(MixProgram program, int column) => Array.FindIndex(Free, f => f.Entries.AsSpan().SequenceEqual(program.Column(column)) && (f.Cost == program.Cost(column) || f.Cost * 2 == program.Cost(column)));
    }
}
