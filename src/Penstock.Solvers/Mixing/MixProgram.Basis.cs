namespace Penstock.Solvers.Mixing;

// The basis: some columns (besides the keys) and as many rows that sit at a break. W[i, k] = entry of basic column k, minus that of its block's key, in tight row i; the inverse is kept.
internal sealed partial class MixProgram
{
    /// <summary>Updates of the inverse before it is made anew.</summary>
    private const int UpdatesMax = 100;

    private int size;
    private int updates;
    private double[] against = []; // [k * rows + r]: basic column k minus the key of its block
    private (int First, int End)[] extent = []; // rows in which it is not zero
    private double[] inverse = []; // [k * rows + i]: row k belongs to the basic column, column i to the tight row
    private int[] basic = []; // column at each place
    private double[] amount = []; // its weight
    private int[] tight = []; // row at each index
    private int[] tightAt = []; // index of a row; -1 = it moves freely in its piece
    private int[] stand = []; // tight rows: the break; others: the piece
    private double[] value = [];
    private double[] price = [];
    private double[] keyWeight = [];
    private List<int>[] placesOf = []; // places of a block's basic columns
    private double[] gathered = [];
    private double[] columnChange = [];
    private double[] rowChange = [];
    private double[] reduced = [];

    /// <summary>Takes the keys alone as the first solution; every row must lie within its breaks.</summary>
    internal void Start()
    {
        size = 0;
        Array.Fill(place, -1);
        Array.Fill(tightAt, -1);
        foreach (var places in placesOf) places.Clear();
        foreach (var f in free) atLimit[f] = fullAtStart.Contains(f);
        Array.Fill(keyWeight, 1);
        Sum();
        for (var r = 0; r < rows; r++) stand[r] = costs[r].Piece(value[r]);
        Reprice();
    }

    private void Allocate()
    {
        (inverse, against, extent) = (new double[rows * rows], new double[rows * rows], new (int, int)[rows]);
        (basic, amount, tight, tightAt, stand, nextBreak) = (new int[rows], new double[rows], new int[rows], new int[rows], new int[rows], new int[rows]);
        (value, price, gathered, columnChange, rowChange, reduced) = (new double[rows], new double[rows], new double[rows], new double[rows], new double[rows], new double[rows]);
        keyWeight = new double[key.Length];
        placesOf = [.. key.Select(_ => new List<int>(2))];
        Array.Fill(tightAt, -1);
    }

    private Span<double> Inverse(int k) => inverse.AsSpan(k * rows, size);

    private Span<double> Against(int k) => against.AsSpan(k * rows, rows);

    private void Compare(int k)
    {
        var column = basic[k];
        Column(column).CopyTo(Against(k));
        extent[k] = support[column];
        if (blockOf[column] < 0) return;
        var other = key[blockOf[column]];
        Dense.Add(-1, Column(other), Against(k));
        extent[k] = (Math.Min(support[column].First, support[other].First), Math.Max(support[column].End, support[other].End));
    }

    /// <summary>Row values from the weights.</summary>
    private void Sum()
    {
        offset.CopyTo(value, 0);
        for (var g = 0; g < key.Length; g++) Dense.Add(keyWeight[g], Column(key[g]), value);
        for (var k = 0; k < size; k++) Dense.Add(amount[k], Column(basic[k]), value);
        foreach (var f in free) if (place[f] < 0 && atLimit[f]) Dense.Add(limit[f], Column(f), value);
    }

    /// <summary>Prices from the basis: a free-moving row's is the slope of its piece; a tight row's makes the basic columns worth what they cost.</summary>
    private void Reprice()
    {
        for (var r = 0; r < rows; r++) price[r] = tightAt[r] < 0 ? costs[r].Slopes[stand[r]] : 0;
        for (var k = 0; k < size; k++)
        {
            reduced[k] = columnCost[basic[k]] + Dense.Dot(against.AsSpan((k * rows) + extent[k].First, extent[k].End - extent[k].First), price.AsSpan(extent[k].First, extent[k].End - extent[k].First));
            if (blockOf[basic[k]] is >= 0 and var block) reduced[k] -= columnCost[key[block]];
        }

        Array.Clear(gathered, 0, size);
        for (var k = 0; k < size; k++) if (reduced[k] != 0) Dense.Add(-reduced[k], Inverse(k), gathered.AsSpan(0, size));
        for (var i = 0; i < size; i++) price[tight[i]] = gathered[i];
    }

    /// <summary>Inverts W afresh and recomputes weights, row values and prices from it.</summary>
    private void Refactor()
    {
        updates = 0;
        var work = new double[2 * size * size]; // [W | I], reduced to [I | W^-1]
        for (var i = 0; i < size; i++)
        {
            for (var k = 0; k < size; k++) work[(i * 2 * size) + k] = against[(k * rows) + tight[i]];
            work[(i * 2 * size) + size + i] = 1;
        }

        for (var c = 0; c < size; c++)
        {
            var pivot = c;
            for (var i = c + 1; i < size; i++) if (Math.Abs(work[(i * 2 * size) + c]) > Math.Abs(work[(pivot * 2 * size) + c])) pivot = i;
            if (Math.Abs(work[(pivot * 2 * size) + c]) < 1e-11)
            {
                Again();
                return;
            }

            var mine = work.AsSpan(c * 2 * size, 2 * size);
            var other = work.AsSpan(pivot * 2 * size, 2 * size);
            if (pivot != c) for (var j = 0; j < 2 * size; j++) (mine[j], other[j]) = (other[j], mine[j]);
            Dense.Scale(1 / mine[c], mine);
            for (var i = 0; i < size; i++) if (i != c && work[(i * 2 * size) + c] is not 0 and var factor) Dense.Add(-factor, mine, work.AsSpan(i * 2 * size, 2 * size));
        }

        for (var k = 0; k < size; k++) work.AsSpan((k * 2 * size) + size, size).CopyTo(Inverse(k));
        Rebalance();
        Reprice();
    }

    /// <summary>The basis was lost to rounding: begins anew with the heaviest column of each block alone, which is not far from where it was.</summary>
    private void Again()
    {
        var heaviest = new int[key.Length];
        for (var g = 0; g < key.Length; g++)
        {
            heaviest[g] = key[g];
            foreach (var c in ofBlock[g]) if (Weight(c) > Weight(heaviest[g])) heaviest[g] = c;
        }

        heaviest.CopyTo(key, 0);
        Start();
    }

    /// <summary>Weights from the breaks at which the tight rows sit.</summary>
    private void Rebalance()
    {
        Array.Fill(keyWeight, 1);
        Array.Clear(amount, 0, size);
        Sum();
        for (var i = 0; i < size; i++) gathered[i] = costs[tight[i]].Breaks[stand[tight[i]]] - value[tight[i]];
        for (var k = 0; k < size; k++) amount[k] = Dense.Dot(Inverse(k), gathered.AsSpan(0, size));
        for (var k = 0; k < size; k++) if (blockOf[basic[k]] is >= 0 and var block) keyWeight[block] -= amount[k];
        Sum();
        for (var r = 0; r < rows; r++) if (tightAt[r] < 0) stand[r] = costs[r].Piece(value[r]);
    }

    private double Entry(int column, int row) => matrix[(column * rows) + row] - (blockOf[column] is >= 0 and var block ? matrix[(key[block] * rows) + row] : 0);

    // Four ways in which a basis changes; entering and leaving are columns or rows. In each the inverse changes by one outer product.

    /// <summary>Column for column: <see cref="columnChange"/> answers the entering column's <paramref name="direction"/>.</summary>
    private void ReplaceColumn(int at, int entering, int direction)
    {
        var pivotRow = Inverse(at);
        Dense.Scale(-direction / columnChange[at], pivotRow);
        for (var k = 0; k < size; k++) if (k != at && columnChange[k] != 0) Dense.Add(direction * columnChange[k], pivotRow, Inverse(k));
        Leave(at);
        Enter(at, entering);
    }

    /// <summary>A column enters and a row becomes tight: the basis grows. <see cref="rowChange"/> of the row is the pivot.</summary>
    private void Grow(int entering, int row, int direction)
    {
        var pivot = direction * rowChange[row];
        var reach = reduced.AsSpan(0, size); // row of W for the new tight row, times the inverse
        reach.Clear();
        for (var k = 0; k < size; k++) if (against[(k * rows) + row] is not 0 and var entry) Dense.Add(entry, Inverse(k), reach);
        for (var k = 0; k < size; k++)
        {
            var alpha = -direction * columnChange[k];
            Dense.Add(alpha / pivot, reach, Inverse(k));
            inverse[(k * rows) + size] = -alpha / pivot;
        }

        for (var i = 0; i < size; i++) inverse[(size * rows) + i] = -reach[i] / pivot;
        inverse[(size * rows) + size] = 1 / pivot;
        (tight[size], tightAt[row]) = (row, size);
        size++;
        Enter(size - 1, entering);
    }

    /// <summary>A row becomes free and a column leaves: the basis shrinks.</summary>
    private void Shrink(int index, int at)
    {
        var pivotRow = Inverse(at);
        var pivot = pivotRow[index];
        for (var k = 0; k < size; k++) if (k != at && inverse[(k * rows) + index] is not 0 and var factor) Dense.Add(-factor / pivot, pivotRow, Inverse(k));
        Leave(at);
        tightAt[tight[index]] = -1;
        var last = size - 1;
        if (index != last)
        {
            for (var k = 0; k < size; k++) inverse[(k * rows) + index] = inverse[(k * rows) + last];
            tight[index] = tight[last];
            tightAt[tight[index]] = index;
        }

        if (at != last)
        {
            Inverse(last).CopyTo(Inverse(at));
            Against(last).CopyTo(Against(at));
            extent[at] = extent[last];
            var moved = basic[last];
            (basic[at], amount[at], place[moved]) = (moved, amount[last], at);
            if (blockOf[moved] is >= 0 and var block) placesOf[block][placesOf[block].IndexOf(last)] = at;
        }

        size = last;
    }

    /// <summary>Row for row: the one at <paramref name="index"/> becomes free, <paramref name="row"/> becomes tight.</summary>
    private void ReplaceRow(int index, int row)
    {
        var reach = reduced.AsSpan(0, size);
        reach.Clear();
        for (var k = 0; k < size; k++) if (against[(k * rows) + row] is not 0 and var entry) Dense.Add(entry, Inverse(k), reach);
        var pivot = reach[index];
        reach[index] -= 1;
        for (var k = 0; k < size; k++) if (inverse[(k * rows) + index] is not 0 and var factor) Dense.Add(-factor / pivot, reach, Inverse(k));
        tightAt[tight[index]] = -1;
        (tight[index], tightAt[row]) = (row, index);
    }

    private void Enter(int at, int column)
    {
        (basic[at], place[column]) = (column, at);
        Compare(at);
        if (blockOf[column] is >= 0 and var block) placesOf[block].Add(at);
    }

    private void Leave(int at)
    {
        place[basic[at]] = -1;
        if (blockOf[basic[at]] is >= 0 and var block) placesOf[block].Remove(at);
    }

    /// <summary>Makes the basic column at <paramref name="at"/> the key of its block; the old key takes its place.</summary>
    private void Rekey(int at)
    {
        var (column, block) = (basic[at], blockOf[basic[at]]);
        var row = Inverse(at);
        foreach (var other in placesOf[block]) if (other != at) Dense.Add(1, Inverse(other), row);
        Dense.Scale(-1, row);
        var old = key[block];
        (key[block], basic[at], place[column], place[old]) = (column, old, -1, at);
        (keyWeight[block], amount[at]) = (amount[at], keyWeight[block]);
        foreach (var k in placesOf[block]) Compare(k);
    }
}
