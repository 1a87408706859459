namespace Penstock.Solvers.Mixing;

// One step of the simplex: how far an entering variable goes, and what leaves for it.
internal sealed partial class MixProgram
{
    private int[] nextBreak = [];
    private bool passed; // whether a row passed a break in this step

    /// <summary>What stops a move: a basic column at zero or its limit, a key at zero, a row at a break, or the entering variable's own end.</summary>
    private enum Stop
    {
        None, Column, Key, Row, Own,
    }

    /// <param name="Column">The entering column; -1 when a tight row enters.</param>
    /// <param name="Index">Index of the entering tight row; -1 when a column enters.</param>
    /// <param name="Direction">1 = grows, -1 = falls.</param>
    /// <param name="Rate">Change of cost per unit at the start, negative.</param>
    private readonly record struct Entering(int Column, int Index, int Direction, double Rate);

    private void Move(Entering entering)
    {
        Pivots++;
        Directions(entering);
        var (stop, at, step) = Furthest(entering);
        if (stop == Stop.None || double.IsPositiveInfinity(step)) throw new InvalidOperationException("The mixing program falls without end: a row or a free column has no limit.");
        Advance(entering, step);
        if (stop == Stop.Own)
        {
            if (entering.Column >= 0) atLimit[entering.Column] = !atLimit[entering.Column];
            else stand[tight[entering.Index]] = nextBreak[tight[entering.Index]];
        }
        else if (stop == Stop.Key && placesOf[at].Count == 0)
        {
            (key[at], keyWeight[at]) = (entering.Column, 1); // the entering column takes the key's part alone; nothing else depends on it
            if (!passed) return;
        }
        else
        {
            Exchange(entering, stop, at, step);
            if (updates >= UpdatesMax)
            {
                Refactor();
                return;
            }

            if (!passed && entering.Column >= 0)
            {
                // no free-moving row changed its slope: the prices move along the entering column's row of the inverse until it is worth what it costs
                var row = Inverse(place[entering.Column]);
                for (var i = 0; i < size; i++) price[tight[i]] -= entering.Direction * entering.Rate * row[i];
                return;
            }
        }

        Reprice();
    }

    private void Exchange(Entering entering, Stop stop, int at, double step)
    {
        updates++;
        if (stop == Stop.Key)
        {
            at = Heaviest(at);
            Rekey(at);
            Directions(entering); // the columns of that block are now measured against another key
        }

        var amountOfEntering = entering.Column < 0 ? 0 : entering.Direction > 0 ? step : limit[entering.Column] - step;
        if (stop == Stop.Row)
        {
            (stand[at], value[at]) = (nextBreak[at], costs[at].Breaks[nextBreak[at]]);
            if (entering.Column >= 0) Grow(entering.Column, at, entering.Direction);
            else ReplaceRow(entering.Index, at);
        }
        else
        {
            var leaving = basic[at];
            if (blockOf[leaving] < 0) atLimit[leaving] = amount[at] > 0.5 * limit[leaving];
            if (entering.Column >= 0) ReplaceColumn(at, entering.Column, entering.Direction);
            else Shrink(entering.Index, at);
        }

        if (entering.Column >= 0) amount[place[entering.Column]] = amountOfEntering;
    }

    /// <summary>columnChange and rowChange: what the basic columns and all rows do per unit of the entering variable.</summary>
    private void Directions(Entering entering)
    {
        Array.Clear(rowChange);
        if (entering.Column >= 0)
        {
            for (var i = 0; i < size; i++) gathered[i] = entering.Direction * Entry(entering.Column, tight[i]);
            for (var k = 0; k < size; k++) columnChange[k] = -Dense.Dot(Inverse(k), gathered.AsSpan(0, size));
            Dense.Add(entering.Direction, Column(entering.Column), rowChange);
            if (blockOf[entering.Column] is >= 0 and var block) Dense.Add(-entering.Direction, Column(key[block]), rowChange);
        }
        else
        {
            for (var k = 0; k < size; k++) columnChange[k] = entering.Direction * inverse[(k * rows) + entering.Index];
        }

        for (var k = 0; k < size; k++)
        {
            if (columnChange[k] == 0) continue;
            var (first, end) = extent[k];
            Dense.Add(columnChange[k], against.AsSpan((k * rows) + first, end - first), rowChange.AsSpan(first, end - first));
        }

        for (var i = 0; i < size; i++) rowChange[tight[i]] = 0;
        if (entering.Index >= 0) rowChange[tight[entering.Index]] = entering.Direction;
    }

    /// <summary>The step at which going on no longer pays. A row that passes a break makes going on less worth by its bend; the others stop the move.</summary>
    private (Stop Stop, int At, double Step) Furthest(Entering entering)
    {
        var first = Barrier(entering);
        for (var r = 0; r < rows; r++) nextBreak[r] = tightAt[r] < 0 ? stand[r] + (rowChange[r] > 0 ? 1 : 0) : stand[r] + Math.Sign(rowChange[r]);
        var rate = entering.Rate;
        var step = 0.0;
        passed = false;
        while (true)
        {
            var (row, next, strength) = (-1, first.Step, first.Strength);
            for (var r = 0; r < rows; r++)
            {
                var change = rowChange[r];
                if (Math.Abs(change) < Tiny) continue;
                var distance = Math.Max(step, (costs[r].Breaks[nextBreak[r]] - value[r]) / change);
                if (distance > next + Together || (distance > next - Together && Math.Abs(change) <= strength)) continue;
                (row, next, strength) = (r, Math.Min(next, distance), Math.Abs(change));
            }

            if (row < 0) return (first.Stop, first.At, first.Step);
            step = next;
            var (at, slopes) = (nextBreak[row], costs[row].Slopes);
            rate += at == 0 || at == slopes.Length ? double.PositiveInfinity : Math.Abs(rowChange[row]) * (slopes[at] - slopes[at - 1]);
            if (rate >= -Tiny * Tiny) return (entering.Index >= 0 && row == tight[entering.Index] ? Stop.Own : Stop.Row, row, step);
            nextBreak[row] += Math.Sign(rowChange[row]);
            passed = true;
        }
    }

    /// <summary>Distances within this are one and the same; the strongest change decides then.</summary>
    private const double Together = 1e-11;

    /// <summary>The nearest end that cannot be passed: columns, keys and the entering column's own limit.</summary>
    private (Stop Stop, int At, double Step, double Strength) Barrier(Entering entering)
    {
        var nearest = (Stop: Stop.None, At: -1, Step: double.PositiveInfinity, Strength: 0.0);
        if (entering.Column >= 0 && blockOf[entering.Column] < 0) nearest = (Stop.Own, entering.Column, limit[entering.Column], 1);
        for (var k = 0; k < size; k++)
        {
            var change = columnChange[k];
            if (change < -Tiny) Meet(Stop.Column, k, amount[k], -change);
            else if (change > Tiny && blockOf[basic[k]] < 0) Meet(Stop.Column, k, limit[basic[k]] - amount[k], change);
        }

        var mine = entering.Column >= 0 ? blockOf[entering.Column] : -1;
        for (var k = 0; k < size; k++)
        {
            var block = blockOf[basic[k]];
            if (block >= 0 && placesOf[block][0] == k) MeetKey(block, block == mine ? -entering.Direction : 0);
        }

        if (mine >= 0 && placesOf[mine].Count == 0) MeetKey(mine, -entering.Direction);
        return nearest;

        void MeetKey(int block, double change)
        {
            foreach (var k in placesOf[block]) change -= columnChange[k];
            if (change < -Tiny) Meet(Stop.Key, block, keyWeight[block], -change);
        }

        void Meet(Stop stop, int at, double room, double strength)
        {
            var distance = Math.Max(0, room) / strength;
            if (distance > nearest.Step + Together || (distance > nearest.Step - Together && strength <= nearest.Strength)) return;
            nearest = (stop, at, Math.Min(distance, nearest.Step), strength);
        }
    }

    private void Advance(Entering entering, double step)
    {
        for (var k = 0; k < size; k++)
        {
            if (columnChange[k] == 0) continue;
            amount[k] += step * columnChange[k];
            if (blockOf[basic[k]] is >= 0 and var block) keyWeight[block] -= step * columnChange[k];
        }

        if (entering.Column >= 0 && blockOf[entering.Column] is >= 0 and var mine) keyWeight[mine] -= step * entering.Direction;
        for (var r = 0; r < rows; r++)
        {
            if (rowChange[r] == 0) continue;
            value[r] += step * rowChange[r];
            if (tightAt[r] < 0 || (entering.Index >= 0 && tight[entering.Index] == r)) stand[r] = Math.Clamp(rowChange[r] > 0 ? nextBreak[r] - 1 : nextBreak[r], 0, costs[r].Slopes.Length - 1);
        }
    }

    private int Heaviest(int block)
    {
        var best = placesOf[block][0];
        foreach (var at in placesOf[block]) if (Math.Abs(columnChange[at]) > Math.Abs(columnChange[best])) best = at;
        return best;
    }
}
