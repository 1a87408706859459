using System.Runtime.InteropServices;

namespace Penstock.Solvers.Mixing;

/// <summary>
/// The restricted master of a price decomposition: min sum of cost w over columns + sum of cost z over free columns + sum of P[r](s[r]) over rows, where s[r] = offset[r] + sum of a[r] w + sum of a[r] z,
/// the weights w of each block's columns are at least 0 and add up to 1, 0 &lt;= z &lt;= its limit, and every P[r] is convex piecewise linear. A primal simplex method for exactly this form: one column of
/// each block is its key and follows from the others (generalised upper bounds, Dantzig and Van Slyke 1967); a row's s is a single variable that may pass several breaks in one step (Fourer 1985); only
/// the rows that sit at a break are in the inverse. Columns may be added between solves, costs changed; the basis stays. Deterministic.
/// </summary>
internal sealed partial class MixProgram
{
    private const double Tiny = 1e-8;

    private readonly int rows;
    private readonly ConvexCost[] costs;
    private readonly double[] offset;
    private double[] matrix; // column after column, a value per row
    private double[] columnCost;
    private (int First, int End)[] support; // rows outside which a column is zero
    private int[] blockOf; // -1 = free
    private double[] limit; // of free columns
    private int[] place; // place in the basis; -1 = not in it
    private bool[] atLimit; // free columns outside the basis
    private int columns;
    private readonly List<int>[] ofBlock;
    private readonly List<int> free = [];
    private readonly HashSet<int> fullAtStart = [];
    private readonly int[] key;

    /// <param name="costs">P of each row.</param>
    /// <param name="offset">s of each row when nothing is added.</param>
    internal MixProgram(int blocks, ConvexCost[] costs, double[] offset)
    {
        (rows, this.costs, this.offset) = (costs.Length, costs, offset);
        var capacity = Math.Max(16, 4 * blocks);
        (matrix, columnCost, support, blockOf, limit, place, atLimit) = (new double[capacity * rows], new double[capacity], new (int, int)[capacity], new int[capacity], new double[capacity], new int[capacity], new bool[capacity]);
        ofBlock = [.. Enumerable.Range(0, blocks).Select(_ => new List<int>(4))];
        key = new int[blocks];
        Array.Fill(key, -1);
        Allocate();
    }

    internal int Columns => columns;

    internal long Pivots { get; private set; }

    internal ReadOnlySpan<double> Column(int column) => matrix.AsSpan(column * rows, rows);

    internal double Cost(int column) => columnCost[column];

    internal IReadOnlyList<int> ColumnsOf(int block) => ofBlock[block];

    /// <summary>What one more unit of each row's s costs.</summary>
    internal ReadOnlySpan<double> Prices => price;

    /// <summary>The value of each row's s.</summary>
    internal ReadOnlySpan<double> Values => value;

    internal int AddColumn(int block, ReadOnlySpan<double> entries, double cost)
    {
        if (!double.IsFinite(cost)) throw new ArgumentOutOfRangeException(nameof(cost), cost, $"An answer of block {block} needs a finite cost.");
        var column = Add(entries, cost, block, double.PositiveInfinity);
        ofBlock[block].Add(column);
        if (key[block] < 0) key[block] = column;
        return column;
    }

    internal int AddFree(ReadOnlySpan<double> entries, double cost, double limit)
    {
        var column = Add(entries, cost, -1, limit);
        free.Add(column);
        return column;
    }

    /// <summary>Changes the cost of a column; the basis stays feasible.</summary>
    internal void Recost(int column, double cost) => columnCost[column] = cost;

    /// <summary>Makes a column the only one of its block before <see cref="Start"/>.</summary>
    internal void StartWith(int column) => key[blockOf[column]] = column;

    /// <summary>Has a free column at its limit in <see cref="Start"/>.</summary>
    internal void StartAtLimit(int column) => fullAtStart.Add(column);

    /// <summary>Weight of a column, or the value of a free one.</summary>
    internal double Weight(int column) =>
        place[column] >= 0 ? Math.Max(0, amount[place[column]])
        : blockOf[column] < 0 ? atLimit[column] ? limit[column] : 0
        : key[blockOf[column]] == column ? Math.Max(0, keyWeight[blockOf[column]]) : 0;

    internal double Objective()
    {
        var sum = 0.0;
        for (var c = 0; c < columns; c++) sum += columnCost[c] * Weight(c);
        for (var r = 0; r < rows; r++) sum += costs[r].At(value[r]);
        return sum;
    }

    /// <summary>min over the block's columns of cost + prices of its entries: the block's part of the dual value.</summary>
    internal double BlockValue(int block)
    {
        var least = double.PositiveInfinity;
        foreach (var c in CollectionsMarshal.AsSpan(ofBlock[block])) least = Math.Min(least, Worth(c));
        return least;
    }

    /// <summary>Cost of a column and of its entries at the rows' prices.</summary>
    private double Worth(int column)
    {
        var (first, end) = support[column];
        return columnCost[column] + Dense.Dot(matrix.AsSpan((column * rows) + first, end - first), price.AsSpan(first, end - first));
    }

    private int Add(ReadOnlySpan<double> entries, double cost, int block, double most)
    {
        if (columns == columnCost.Length) Grow();
        entries.CopyTo(matrix.AsSpan(columns * rows, rows));
        var (first, end) = (0, rows);
        while (first < end && entries[first] == 0) first++;
        while (end > first && entries[end - 1] == 0) end--;
        support[columns] = (first, end);
        (columnCost[columns], blockOf[columns], limit[columns], place[columns]) = (cost, block, most, -1);
        return columns++;
    }

    private void Grow()
    {
        var capacity = 2 * columnCost.Length;
        Array.Resize(ref matrix, capacity * rows);
        Array.Resize(ref columnCost, capacity);
        Array.Resize(ref support, capacity);
        Array.Resize(ref blockOf, capacity);
        Array.Resize(ref limit, capacity);
        Array.Resize(ref place, capacity);
        Array.Resize(ref atLimit, capacity);
    }
}
